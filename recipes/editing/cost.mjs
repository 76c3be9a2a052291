// What an edit costs beside a generation of the same size and one encode.
import { rgbToPlanar } from "../../dist/index.js";
import { median } from "../lib/numbers.mjs";
import { finished } from "../lib/pictures.mjs";
import { centralHole } from "./masks.mjs";

const ROUNDS = 15;

/** Medians of processor milliseconds (all threads), measured in turn so that other work on the machine falls on all alike. */
export async function measureCost(pipe, picture, label) {
  const side = picture.width;
  const mask = { data: centralHole(side).map((value) => 255 * value), width: side, height: side };
  const grid = [side / pipe.factor, side / pipe.factor];
  const options = { classLabels: [label], seed: 1 };
  const work = {
    generate: () => finished(pipe.generate({ ...options, size: [side, side] })),
    encode: () => pipe.encode(rgbToPlanar([picture]), [grid]),
    edit: () => finished(pipe.inpaint({ ...options, image: picture, mask })),
    guess: () => finished(pipe.inpaint({ ...options, classLabels: "auto", image: picture, mask })),
  };
  const times = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS + 2; round++)
    for (const [name, run] of Object.entries(work)) {
      const before = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(before);
      if (round >= 2) times[name].push((user + system) / 1000);
    }
  const rows = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, { cpu_ms: median(values) }]));
  const share = rows.edit.cpu_ms / (rows.generate.cpu_ms + rows.encode.cpu_ms);
  rows["edit / (generate + encode)"] = { cpu_ms: share };
  return { rows, bars: { "an edit with its class given costs at most 5 % more": share <= 1.05 } };
}
