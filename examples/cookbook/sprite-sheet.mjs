/** One picture of many, and where each lies: for CSS sprites and games. */
import { contactSheet, encodePng } from "flexvar";

/** @param pipe an open FlexVAR pipeline @returns {Promise<{ png: Uint8Array, atlas: Record<string, { x: number, y: number, width: number, height: number }> }>} */
export async function spriteSheet(pipe, labels, { columns = 4, seed = 1 } = {}) {
  const pictures = [];
  for await (const step of pipe.generate({ classLabels: labels, seed })) {
    if (!step.isLast) continue;
    for (let i = 0; i < step.pictures.length; i++) pictures.push(await step.picture(i));
  }
  const sheet = contactSheet(pictures, { columns, margin: 0 });
  const { width, height } = pictures[0];
  const atlas = Object.fromEntries(
    labels.map((label, i) => [label, { x: (i % columns) * width, y: Math.floor(i / columns) * height, width, height }]),
  );
  return { png: encodePng(sheet), atlas };
}
