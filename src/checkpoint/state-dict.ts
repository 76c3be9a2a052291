/** Finds a network's tensors in what trainers save: under other keys, with prefixes, beside their running average. */
import { CheckpointError, quote } from "./error.ts";
import { PthTensor } from "./pth-tensor.ts";
import type { TensorEntry } from "./types.ts";

/** What checkpoints hold: maps within maps, tensors, and values that do not matter here. */
type StateTree = ReadonlyMap<unknown, unknown>;

export interface FoundStateDict {
  /** Keys and prefixes that the tensors lay under, with dots between; `flat` for none. */
  readonly wrapping: string;
  /** By the network's own names. */
  readonly tensors: Map<string, TensorEntry>;
  /** Sentences on what was chosen where a file holds several sets of tensors. */
  readonly notes: readonly string[];
}

/** Keys and prefixes that trainers put around a state dict. */
const WRAPPERS = new Set(
  "trainer var_wo_ddp vae_local state_dict model_state_dict model net network weights params checkpoint generator".split(
    " ",
  ),
);
/** Parts of names that wrapping a module adds anywhere: DataParallel, torch.compile, FSDP, activation checkpointing. */
const TRANSPARENT = new Set(["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]);
/** `ema`, `model_ema`, `ema_0.999`, `swa_model`, `averaged_model`, …; not Adam's `exp_avg`. */
const AVERAGE = /(^|(?<!exp)_)(ema|swa|avg|averaged?|shadow)(_|$)/i;
/** More maps within maps, and more sets of tensors, than any trainer makes. */
const MOST_DEPTH = 32;
const MOST_SETS = 64;

/** Tensors of one map that share a prefix. */
interface Candidate {
  readonly map: Level;
  readonly prefix: string;
  readonly parts: readonly string[];
}

/** A map that directly holds tensors, under names without transparent parts. */
interface Level {
  readonly path: readonly string[];
  readonly tensors: Map<string, TensorEntry>;
}

/**
 * Finds the tensors of a network. Where weights and their running average are both there, the average is taken, and what it
 * lacks comes from the weights.
 * @param markers names that the network has: whatever stands in front of one is a prefix, whichever it is. Without one in the
 * file the usual wrappings are seen through.
 * @throws CheckpointError where there are no named tensors, or several sets and no rule that prefers one
 */
export function findStateDict(tree: unknown, where: string, markers: readonly string[] = []): FoundStateDict {
  const { levels, averages } = levelsOf(tree, where);
  const marked = markers.map((marker) => levels.flatMap((map) => markedBy(map, marker))).find((all) => all.length > 0);
  const candidates = marked ?? largest(levels.flatMap(wrapped));
  if (candidates.length > MOST_SETS)
    throw new CheckpointError(where, `at most ${MOST_SETS} sets of weights`, `${candidates.length}`);
  const plain = candidates.filter((one) => !isAverage(one));
  const averaged = candidates.filter((one) => isAverage(one) && averagesAny(one, plain, candidates));
  const chosen = only(averaged.length > 0 ? averaged : plain, where);
  if (chosen === undefined) {
    const keys = tree instanceof Map ? [...tree.keys()].slice(0, 8).map(String).join(", ") : "no dict";
    throw new CheckpointError(
      where,
      "a state dict (tensors by name, at the top or under the keys of a trainer)",
      quote(keys),
    );
  }
  const tensors = tensorsOf(chosen, candidates);
  const notes: string[] = [];
  if (isAverage(chosen) && plain.length > 0) notes.push(...completed(tensors, chosen, only(plain, where), candidates));
  const lost = averages.filter((name) => !averaged.some(({ parts }) => parts.includes(name)));
  if (lost.length > 0 && averaged.length === 0)
    notes.push(
      `the average under ${lost.map(quote).join(", ")} has no tensors by the network's names: the weights are taken`,
    );
  return { wrapping: nameOf(chosen), tensors, notes };
}

const isAverage = ({ parts }: Candidate): boolean => parts.some((part) => AVERAGE.test(part));
const isUsual = ({ parts }: Candidate): boolean => parts.every((part) => WRAPPERS.has(part) || AVERAGE.test(part));
const nameOf = ({ parts }: Candidate): string => (parts.length === 0 ? "flat" : parts.join("."));

/** Every map with tensors, and the keys that speak of averages. */
function levelsOf(tree: unknown, where: string): { levels: Level[]; averages: string[] } {
  const seen = new Set<unknown>();
  const levels: Level[] = [];
  const averages = new Set<string>();
  const visit = (map: StateTree, path: readonly string[]): void => {
    if (seen.has(map) || path.length > MOST_DEPTH) return;
    seen.add(map);
    const tensors = new Map<string, TensorEntry>();
    for (const [key, value] of map) {
      if (typeof key !== "string") continue;
      if (isTensor(value)) {
        addTensor(tensors, key, value, where);
        if (isAverageName(key)) averages.add(key.slice(0, key.indexOf(".")));
      } else {
        const isOutermost = !path.some((part) => AVERAGE.test(part));
        if (isOutermost && AVERAGE.test(key) && typeof value === "object" && value !== null) averages.add(key);
        if (value instanceof Map) visit(value, TRANSPARENT.has(key) ? path : [...path, key]);
      }
    }
    if (tensors.size > 0) levels.push({ path, tensors });
  };
  if (tree instanceof Map) visit(tree, []);
  return { levels, averages: [...averages] };
}

/** Whether a tensor's name begins with the name of an average, which no network's own names do. */
const isAverageName = (name: string): boolean => name.includes(".") && AVERAGE.test(name.slice(0, name.indexOf(".")));

const isTensor = (value: unknown): value is TensorEntry =>
  value instanceof PthTensor ||
  (typeof value === "object" && value !== null && "byteLength" in value && "dtype" in value);

function addTensor(tensors: Map<string, TensorEntry>, key: string, tensor: TensorEntry, where: string): void {
  const kept = key.split(".").filter((part) => !TRANSPARENT.has(part));
  const name = kept.length === 0 ? key : kept.join(".");
  if (tensors.has(name))
    throw new CheckpointError(where, `one tensor ${quote(name)}`, "two, with and without a prefix");
  tensors.set(name, tensor);
}

function markedBy(map: Level, marker: string): Candidate[] {
  const names = [...map.tensors.keys()].filter((name) => name === marker || name.endsWith(`.${marker}`));
  return names.map((name) => candidateOf(map, name.slice(0, name.length - marker.length)));
}

function candidateOf(map: Level, prefix: string): Candidate {
  return { map, prefix, parts: [...map.path, ...prefix.split(".").filter((part) => part !== "")] };
}

/** The sets of a map by the usual words in front of its names; none where its own keys are not usual. */
function wrapped(map: Level): Candidate[] {
  const prefixes = new Set<string>();
  for (const name of map.tensors.keys()) {
    const parts = name.split(".");
    const own = parts.findIndex((part) => !WRAPPERS.has(part) && !AVERAGE.test(part));
    const from = own < 0 ? parts.length - 1 : own;
    prefixes.add(
      parts
        .slice(0, from)
        .map((part) => `${part}.`)
        .join(""),
    );
  }
  return [...prefixes].map((prefix) => candidateOf(map, prefix)).filter(isUsual);
}

/** Without names to go by: of weights and of averages those with most tensors. */
function largest(candidates: readonly Candidate[]): readonly Candidate[] {
  if (candidates.length > MOST_SETS) return candidates;
  const sizes = new Map(candidates.map((one) => [one, tensorsOf(one, candidates).size]));
  return [true, false].flatMap((average) => {
    const kind = candidates.filter((one) => isAverage(one) === average);
    const most = Math.max(...kind.map((one) => sizes.get(one)!));
    return kind.filter((one) => sizes.get(one) === most);
  });
}

/** The one to take: of several, the one under usual keys. */
function only(candidates: readonly Candidate[], where: string): Candidate | undefined {
  const usual = candidates.filter(isUsual);
  const pool = usual.length > 0 ? usual : candidates;
  if (pool.length <= 1) return pool[0];
  const names = pool.slice(0, 8).map(nameOf).join(", ");
  throw new CheckpointError(where, "one set of weights", `${pool.length}: under ${names}`);
}

/** A candidate's tensors under their own names, without those of other candidates of its map. */
function tensorsOf({ map, prefix }: Candidate, candidates: readonly Candidate[]): Map<string, TensorEntry> {
  const inner = candidates
    .filter((one) => one.map === map && one.prefix.length > prefix.length)
    .map((one) => one.prefix);
  const tensors = new Map<string, TensorEntry>();
  for (const [key, tensor] of map.tensors) {
    if (!key.startsWith(prefix) || inner.some((longer) => key.startsWith(longer))) continue;
    const name = key.slice(prefix.length);
    if (isAverageName(name)) continue;
    tensors.set(name, tensor instanceof PthTensor ? tensor.named(name) : { ...tensor, name });
  }
  return tensors;
}

/** Whether a set shares a name with one of the weights, where there are any: others are averages of something else. */
function averagesAny(average: Candidate, weights: readonly Candidate[], all: readonly Candidate[]): boolean {
  if (weights.length === 0) return true;
  const names = new Set(weights.flatMap((one) => [...tensorsOf(one, all).keys()]));
  return [...tensorsOf(average, all).keys()].some((name) => names.has(name));
}

/** Adds to an average what only the weights have. Returns what to say. */
function completed(
  tensors: Map<string, TensorEntry>,
  average: Candidate,
  weights: Candidate | undefined,
  candidates: readonly Candidate[],
): string[] {
  if (weights === undefined) return [];
  const missing = [...tensorsOf(weights, candidates)].filter(([name]) => !tensors.has(name));
  for (const [name, tensor] of missing) tensors.set(name, tensor);
  const rest = missing.length === 0 ? "" : `, and what it lacks from there (${missing.length} tensors)`;
  return [`the running average (${nameOf(average)}) is taken, not the weights (${nameOf(weights)})${rest}`];
}
