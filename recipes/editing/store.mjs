// Results by section and picture, each a PNG strip that can be looked at: a killed report goes on where it stopped.
import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { contactSheet, encodePng, loadRgb } from "../../dist/index.js";
import { crop } from "./masks.mjs";

/**
 * The results of one picture: what was stored, or what `make` gives, stored.
 * @param names of the results, all of one size.
 * @param make returns the pictures by name.
 */
export async function stored(folder, number, names, make) {
  const path = join(folder, `${String(number).padStart(4, "0")}.png`);
  const known = await access(path).then(
    () => true,
    () => false,
  );
  if (!known) {
    const made = await make();
    await mkdir(folder, { recursive: true });
    const strip = contactSheet(
      names.map((name) => made[name]),
      { columns: names.length, margin: 0 },
    );
    await writeFile(`${path}.part`, encodePng(strip));
    await rename(`${path}.part`, path);
  }
  const { data, width, height } = await loadRgb(path);
  const side = width / names.length;
  return Object.fromEntries(
    names.map((name, i) => [name, crop({ data, width }, { left: i * side, top: 0, width: side, height })]),
  );
}
