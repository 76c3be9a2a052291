/** What all who train together must have in common, and words for what differs. */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { version } from "../../../package.json";
import type { Dataset } from "../../data/index.ts";
import { ExpectedError } from "../../errors/index.ts";
import { jsonDifferences, jsonText } from "../../files/index.ts";
import type { SplitData } from "../../train/index.ts";
import type { Match } from "./messages.ts";

/** Parts of a config that may differ: words, what the coordinator alone does, and paths of this machine. */
const OWN = ["about", "run", "samples", "tokenizer", "start"];

/** Pictures of each side whose pixels are compared. */
const PROBES = 4;

/** @param tokenizer sha256 of the tokenizer's weights */
export async function matchOf(config: object, tokenizer: string, { train, heldOut }: SplitData): Promise<Match> {
  const shared = Object.entries(config).filter(([key]) => !OWN.includes(key));
  const hash = createHash("sha256");
  for (const side of [train, heldOut]) await addDataset(hash, side);
  return {
    version,
    // As it comes back from the wire: without keys that are undefined.
    config: JSON.parse(JSON.stringify(Object.fromEntries(shared))) as Match["config"],
    tokenizer,
    data: {
      classes: [...train.classes],
      training: train.length,
      heldOut: heldOut.length,
      sha256: hash.digest("hex"),
    },
  };
}

async function addDataset(hash: ReturnType<typeof createHash>, data: Dataset): Promise<void> {
  // The folder that the data lie in may be another on each machine.
  for (let i = 0; i < data.length; i++) hash.update(`${data.labelOf(i)} ${basename(data.nameOf(i))}\0`);
  for (let i = 0; i < Math.min(PROBES, data.length); i++) {
    const at = Math.floor((i * data.length) / PROBES) % data.length;
    // A picture that cannot be read is so everywhere.
    const picture = await data.get(at).catch(() => undefined);
    hash.update(picture?.image.data ?? "unreadable");
  }
}

/** @throws ExpectedError naming the first difference */
export function expectMatch(name: string, expected: Match, found: Match): void {
  const [first, ...more] = jsonDifferences(expected, found);
  if (first === undefined) return;
  const others = more.length > 0 ? ` (and ${more.length} more)` : "";
  throw new ExpectedError(
    `train: run "${name}": expected ${words(first.key)} ${jsonText(first.before)}, as its coordinator has it, got ${jsonText(first.now)}${others}`,
  );
}

const words = (key: string): string =>
  ({ version: "flexvar", tokenizer: "a tokenizer with sha256", "data.sha256": "data with sha256" })[key] ?? key;
