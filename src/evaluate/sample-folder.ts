/** A sample set as a folder of PNG files: one folder a class, numbered within it. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isLitter, makeFolders, writeFileAtomic } from "../files/index.ts";
import { encodePng } from "../image/index.ts";
import { checkSampleSize, type SampleStore, SETTINGS_FILE, type SetPlan, settleSettings } from "./sample-settings.ts";

/** Opens a folder to draw into: `CLASS/000000.png`, … and the settings beside the class folders. */
export async function openSampleFolder(plan: SetPlan): Promise<SampleStore> {
  const { path, total } = plan;
  await makeFolders(path);
  await settleSettings(join(path, SETTINGS_FILE), plan.settings, path, async () => {
    const other = (await readdir(path)).find((name) => !isLitter(name) && !name.startsWith(SETTINGS_FILE));
    return other === undefined ? undefined : `"${other}"`;
  });
  const places = placesOf(plan);
  async function present(): Promise<Set<number>> {
    const files = new Set<string>();
    for (const folder of new Set(places.map(([name]) => name)))
      for (const file of await readdir(join(path, folder)).catch(() => [])) {
        const place = join(folder, file);
        if ((await stat(join(path, place)).catch(() => undefined))?.size) files.add(place);
      }
    return new Set(places.flatMap((place, number) => (files.has(join(...place)) ? [number] : [])));
  }
  return {
    present,
    async add(number, image) {
      checkSampleSize(plan, image);
      await writeFileAtomic(join(path, ...places[number]!), encodePng(image));
    },
    finish: async () => (await present()).size === total,
  };
}

type Place = readonly [folder: string, file: string];

/** Folder and file of each picture. */
function placesOf({ total, labelOf, nameOf = String }: SetPlan): Place[] {
  const ids = [...new Set(Array.from({ length: total }, (_, i) => labelOf(i)))];
  const plain = new Map(ids.map((id) => [id, folderName(nameOf(id))]));
  const taken = [...plain.values()];
  const isAlone = (name: string): boolean => taken.indexOf(name) === taken.lastIndexOf(name);
  const folders = new Map(ids.map((id) => [id, isAlone(plain.get(id)!) ? plain.get(id)! : `${plain.get(id)}-${id}`]));
  const drawn = new Map<number, number>();
  return Array.from({ length: total }, (_, number): Place => {
    const id = labelOf(number);
    const index = drawn.get(id) ?? 0;
    drawn.set(id, index + 1);
    return [folders.get(id)!, `${String(index).padStart(6, "0")}.png`];
  });
}

/** A class's name without what file systems refuse. */
function folderName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  const plain = name.replace(/[\u0000-\u001f/\\:*?"<>|]/g, "_");
  const begun = plain.replace(/^\.+/, "_");
  let end = begun.length;
  while (begun[end - 1] === "." || begun[end - 1] === " ") end--;
  const safe = end < begun.length ? `${begun.slice(0, end)}_` : begun;
  return safe === "" ? "_" : safe;
}
