/** ImageNet's class names and the lists that come with it. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Whether a folder is named by a WordNet number, as ImageNet's classes are. */
export const isWnid = (name: string): boolean => /^n\d{8}$/.test(name);

/** Kaggle's list of the classes of a flat `val/`. */
export const VALIDATION_TABLE = "LOC_val_solution.csv";

/** The wnid of each picture by its name without extension: the CSV's second column begins with it. */
export async function readValidationTable(folder: string): Promise<Map<string, string>> {
  const wnidOf = new Map<string, string>();
  await eachLine(join(folder, VALIDATION_TABLE), (line) => {
    const [id, boxes] = line.split(",");
    if (id && boxes) wnidOf.set(id, boxes.trim().split(" ")[0]!);
  });
  return wnidOf;
}

/** Lines "n01440764 tench, Tinca tinca": the first of the comma-separated names. */
export async function readSynsets(folder: string): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  for (const file of ["synset_words.txt", "LOC_synset_mapping.txt"]) {
    await eachLine(join(folder, file), (line) => {
      const space = line.indexOf(" ");
      if (space < 0) return;
      const [name = ""] = line.slice(space + 1).split(",");
      names.set(line.slice(0, space), name.trim());
    });
  }
  return names;
}

/** Calls back for each line; a file that is not there has none. */
async function eachLine(path: string, use: (line: string) => void): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there?.isFile()) return;
  for await (const line of createInterface({ input: createReadStream(path, "utf8") })) use(line);
}
