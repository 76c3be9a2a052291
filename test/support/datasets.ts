import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { CorruptImageError, type Dataset, type Picture } from "../../src/data/dataset.ts";

/** For tests: a folder that `using` removes again. */
export async function temporaryFolder(): Promise<{ readonly path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "flexvar-data-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** For tests: an encoded picture of one colour. */
export function plainPicture(
  colour: string,
  { width = 8, height = 8, format = "png" as "png" | "jpeg" } = {},
): Promise<Buffer> {
  const image = sharp({ create: { width, height, channels: 3, background: colour } });
  return image.toFormat(format).toBuffer();
}

/** For tests: writes files given by relative path. */
export async function writeTree(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** For tests: pictures from a function, without files; those for which it gives none are corrupt. */
export function memoryDataset(
  length: number,
  picture: (index: number) => Picture | undefined,
  classes = ["a", "b"],
): Dataset {
  const labelOf = (index: number) => index % classes.length;
  const nameOf = (index: number) => `picture-${index}`;
  return {
    length,
    classes,
    labelOf,
    nameOf,
    async get(index) {
      const image = picture(index);
      if (!image) throw new CorruptImageError(nameOf(index), "nothing");
      return { image, label: labelOf(index), name: nameOf(index) };
    },
    close: async () => {},
  };
}

/** For tests: a picture whose every byte is `value`. */
export function flatPicture(value: number, side = 4): Picture {
  return { width: side, height: side, data: new Uint8Array(side * side * 3).fill(value) };
}
