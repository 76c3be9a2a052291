/** A training in a process of its own, which tests kill: `<tokenizer|transformer> <config.json> <data> <folder>`. */
import {
  listStates,
  readConfig,
  tokenizerTrainingSchema,
  trainTokenizer,
  trainTransformer,
  transformerTrainingSchema,
} from "../../src/train/index.ts";

const [network, config, data, out] = process.argv.slice(2) as [string, string, string, string];
const resume = (await listStates(`${out}/checkpoints`)).length > 0;
const options = { threads: 1, resume, log: (line: string): void => void process.stdout.write(`${line}\n`) };
try {
  if (network === "tokenizer")
    await trainTokenizer(await readConfig(tokenizerTrainingSchema, config), data, out, options);
  else await trainTransformer(await readConfig(transformerTrainingSchema, config), data, out, options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
