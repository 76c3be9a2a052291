/** Reconstructions judged against their pictures: two sets in the same order, or a tokenizer's own. */
import type { Example, PictureStream } from "../data/index.ts";
import { comparedName } from "../options/index.ts";
import { protocolOf, recordOf } from "./evaluate.ts";
import { broughtTo } from "./feature-set.ts";
import { type EvaluationInput, openInput, withInputs } from "./input.ts";
import { comparePairs, type Pair, type ReconstructionOptions } from "./pairs.ts";
import { classMetrics, type EvaluationResult, missingScores, resultParts, setMetrics } from "./result.ts";

/** What a tokenizer makes of a picture. */
export interface Tokenizer {
  /** Its folder, and SHA-256 or the like. */
  readonly path: string;
  readonly hash: string;
  readonly codebookSize: number;
  /** Encodes and decodes one picture at its own size. */
  reconstruct(picture: Example["image"]): Promise<Pick<Pair, "made" | "tokens">>;
}

/** Judges pictures A as reconstructions of the pictures B in the same order. @throws Error where their numbers differ */
export async function evaluateReconstructions(
  a: string,
  b: string,
  options: ReconstructionOptions,
): Promise<EvaluationResult> {
  return withInputs(a, b, options.split, async (made, given) => {
    const [one, other] = [picturesOf(made), picturesOf(given)];
    if (one.length !== other.length)
      throw new Error(`${a}: expected ${other.length} pictures, one for each of ${b}, got ${one.length}`);
    checkOrder(a, one, b, other);
    const compared = await comparePairs(zipped(one, other, options), other.length, options);
    return resultOf(compared, options, made, given);
  });
}

/** Judges a tokenizer by its reconstructions of the pictures B. */
export async function evaluateTokenizer(
  tokenizer: Tokenizer,
  b: string,
  options: ReconstructionOptions,
): Promise<EvaluationResult> {
  const given = await openInput(b, options.split);
  try {
    const stream = picturesOf(given);
    async function* pairs(): AsyncGenerator<Pair> {
      for await (const { image, name } of stream.pictures()) {
        const taken = options.size === undefined ? image : broughtTo(image, options.size);
        yield { name, given: taken, ...(await tokenizer.reconstruct(taken)) };
      }
    }
    const compared = await comparePairs(pairs(), stream.length, options, tokenizer.codebookSize);
    const result = resultOf(compared, options, given, given);
    const { path, hash } = tokenizer;
    return { ...result, pictures: { ...result.pictures, path, sha256: hash, protocol: "recorded", record: null } };
  } finally {
    await given.close();
  }
}

function picturesOf({ stream, path }: EvaluationInput): PictureStream {
  if (stream === undefined) throw new Error(`${path}: expected pictures, got statistics`);
  return stream;
}

/** @throws Error where both sides name classes and a pair has two of them: one side is in another order */
function checkOrder(a: string, made: PictureStream, b: string, given: PictureStream): void {
  if (made.classes.length < 2 || given.classes.length < 2) return;
  for (let i = 0; i < given.length; i++) {
    const [own, other] = [made.classes[made.labelOf(i)], given.classes[given.labelOf(i)]];
    if (sameName(own, other) || (isNumber(own) !== isNumber(other) && made.labelOf(i) === given.labelOf(i))) continue;
    throw new Error(
      `${a}: expected its pictures in the order of ${b}, got ${own} for its ${other} at picture ${i + 1}; folders go class by class, archives as they were written`,
    );
  }
}

const sameName = (a = "", b = ""): boolean => comparedName(a) === comparedName(b);

/** Archives may name their classes by number alone. */
const isNumber = (name: string | undefined): boolean => /^\d+$/.test(name ?? "");

async function* zipped(
  made: PictureStream,
  given: PictureStream,
  { size }: ReconstructionOptions,
): AsyncGenerator<Pair> {
  const pictures = made.pictures();
  try {
    for await (const { image, name } of given.pictures()) {
      const { value } = await pictures.next();
      if (value === undefined) throw new Error(`reconstruction: expected one for ${name}, got none`);
      if (size === undefined) yield { name, given: image, made: value.image };
      else yield { name, given: broughtTo(image, size), made: broughtTo(value.image, size) };
    }
  } finally {
    await pictures.return(undefined);
  }
}

function resultOf(
  { scores, size }: Awaited<ReturnType<typeof comparePairs>>,
  { extractor, size: wanted, seed = 0, versions = {}, onWarning }: ReconstructionOptions,
  made: EvaluationInput,
  given: EvaluationInput,
): EvaluationResult {
  const warnings = [...new Set([made, given])]
    .filter(({ recorded }) => recorded === undefined)
    .map(({ path }) => `${path}: no record of how its pictures were made; counted as unknown`);
  for (const warning of warnings) onWarning?.(warning);
  const notSets = missingScores([...setMetrics, ...classMetrics], "the sides are compared picture by picture");
  return {
    version: 1,
    ...resultParts({ ...notSets, ...scores }),
    protocol: protocolOf(extractor, size, wanted),
    pictures: recordOf(made, { size }, false),
    reference: recordOf(given, { size }, false),
    classes: null,
    seed,
    versions,
    warnings,
  };
}
