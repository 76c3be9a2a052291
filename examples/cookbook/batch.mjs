/** A table of wishes to a folder of pictures; stopped anywhere and called again it goes on where it was. */
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodePng } from "flexvar";

/** @param pipe an open FlexVAR pipeline; @param {string} table lines of `name,class,seed` */
export async function drawTable(pipe, table, folder) {
  await mkdir(folder, { recursive: true });
  const drawn = [];
  for (const line of table.split("\n").filter(Boolean)) {
    const [name, label, seed] = line.split(",");
    const file = join(folder, `${name.replace(/[^\w-]/g, "_")}.png`);
    if (await access(file).then(() => true, () => false)) continue;
    for await (const step of pipe.generate({ classLabels: [label], seed: Number(seed) })) {
      if (!step.isLast) continue;
      // Whole or not at all: a picture that is there is done.
      await writeFile(`${file}.part`, encodePng(await step.picture(0)));
      await rename(`${file}.part`, file);
    }
    drawn.push(file);
  }
  return drawn;
}
