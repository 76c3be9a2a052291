/** A set of pictures that several processes draw together, each picture once, through any number of kills. */
import { access, readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { openNpz, writeNpz } from "../checkpoint/index.ts";
import { makeFolders, writeFileAtomic } from "../files/index.ts";
import { openSampleFolder } from "./sample-folder.ts";
import { checkSampleSize, type SampleStore, SETTINGS_FILE, type SetPlan, settleSettings } from "./sample-settings.ts";

/** Opens a set to draw into. @throws Error where the file or its parts come from other settings, or from elsewhere */
export function openSampleStore(plan: SetPlan): Promise<SampleStore> {
  return plan.path.endsWith(".npz") ? openArchive(plan) : openSampleFolder(plan);
}

/** @throws Error for a file that is not the plan's set */
async function checkArchive({ path, total, width, height }: SetPlan): Promise<void> {
  const file = await openNpz(path);
  try {
    const pictures = await file.arrays.get("arr_0")?.header();
    const expected = `uint8 [${[total, height, width, 3]}]`;
    const got = pictures === undefined ? "none" : `${pictures.dtype} [${pictures.shape}]`;
    if (got !== expected) throw new Error(`${path}: expected pictures ${expected} as its settings say, got ${got}`);
  } finally {
    await file.close();
  }
}

async function openArchive(plan: SetPlan): Promise<SampleStore> {
  const { path, total, width, height } = plan;
  const parts = join(dirname(path), `.${basename(path)}.parts`);
  const record = join(dirname(path), `${basename(path, extname(path))}.${SETTINGS_FILE}`);
  const nameOf = (number: number): string => join(parts, `${number}.rgb`);
  await makeFolders(dirname(path));
  const whole = (): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  await settleSettings(record, plan.settings, path, async () => ((await whole()) ? "a file" : undefined));
  if (await whole()) await checkArchive(plan);
  if (!(await whole())) await makeFolders(parts);
  async function present(): Promise<Set<number>> {
    if (await whole()) return new Set(Array.from({ length: total }, (_, i) => i));
    const names = await readdir(parts).catch(() => []);
    return new Set(names.filter((name) => /^\d+\.rgb$/.test(name)).map((name) => Number.parseInt(name, 10)));
  }
  return {
    present,
    async add(number, image) {
      checkSampleSize(plan, image);
      await writeFileAtomic(nameOf(number), image.data);
    },
    async finish() {
      if (await whole()) return true;
      if ((await present()).size < total) return false;
      async function* pictures(): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < total; i++) yield await readFile(nameOf(i));
      }
      const labels = BigInt64Array.from({ length: total }, (_, i) => BigInt(plan.labelOf(i)));
      try {
        await writeNpz(path, [
          ["arr_0", { dtype: "uint8", shape: [total, height, width, 3], chunks: pictures() }],
          ["arr_1", { dtype: "int64", shape: [total], data: labels }],
        ]);
      } catch (error) {
        // Another process wrote the set and took the parts away meanwhile.
        if (await whole()) return true;
        throw error;
      }
      await rm(parts, { recursive: true, force: true });
      return true;
    },
  };
}
