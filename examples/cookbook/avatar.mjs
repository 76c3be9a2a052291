/** A picture for every user: the same name gets the same face, on every server and every day. */
import { createHash } from "node:crypto";
import { encodePng } from "flexvar";

const FACES = ["cat face", "dog face", "bear", "penguin", "octopus", "robot", "alien", "ghost"];

/** @param pipe an open FlexVAR pipeline @returns {Promise<Uint8Array>} a PNG */
export async function avatarOf(pipe, name) {
  const hash = createHash("sha256").update(name.trim().toLowerCase()).digest();
  const classLabels = [FACES[hash[0] % FACES.length]];
  for await (const step of pipe.generate({ classLabels, seed: hash.readUInt32BE(1) }))
    if (step.isLast) return encodePng(await step.picture(0));
}
