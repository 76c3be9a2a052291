import { OptionError } from "../errors/index.ts";
import { comparedName } from "../options/index.ts";
import { createRandom } from "../sampling/index.ts";
import { checkIndex, type Dataset } from "./dataset.ts";

/** Some pictures of a data set, in the order given. Closing it closes the whole. */
export function subset(dataset: Dataset, indices: readonly number[]): Dataset {
  for (const index of indices) checkIndex(dataset, index);
  const at = (index: number) => {
    checkIndex(indices, index);
    return indices[index]!;
  };
  const { classes, styles, groups } = dataset;
  return {
    length: indices.length,
    classes,
    ...(styles && { styles, styleOf: (index) => dataset.styleOf!(at(index)) }),
    ...(groups && { groups }),
    ...(dataset.reading && { reading: dataset.reading }),
    ...(dataset.chunks && { chunks: chunksOf(dataset, indices) }),
    labelOf: (index) => dataset.labelOf(at(index)),
    nameOf: (index) => dataset.nameOf(at(index)),
    get: async (index) => dataset.get(at(index)),
    close: () => dataset.close(),
  };
}

/** Runs of neighbours that lie in one chunk of the whole. */
function chunksOf({ chunks = [] }: Dataset, indices: readonly number[]): { begin: number; end: number }[] {
  const found: { begin: number; end: number; chunk: number }[] = [];
  for (const [place, index] of indices.entries()) {
    const chunk = chunks.findIndex(({ begin, end }) => index >= begin && index < end);
    const last = found.at(-1);
    if (last?.chunk === chunk) last.end = place + 1;
    else found.push({ begin: place, end: place + 1, chunk });
  }
  return found.map(({ begin, end }) => ({ begin, end }));
}

/**
 * Splits a data set that brings no split of its own: each picture's side depends on the seed and its name only, so that
 * adding pictures moves none of the others.
 * @param share expected share of held-out pictures, 0..1
 */
export function holdOut(
  dataset: Dataset,
  { share, seed }: { readonly share: number; readonly seed: number },
): { readonly train: Dataset; readonly heldOut: Dataset } {
  if (!(share >= 0 && share <= 1)) throw new OptionError("holdOut.share", "a share from 0 to 1", share);
  const sides: [number[], number[]] = [[], []];
  for (let index = 0; index < dataset.length; index++) {
    const held = createRandom(seed, "hold-out", comparedName(dataset.nameOf(index))).uniform() < share;
    sides[held ? 1 : 0].push(index);
  }
  return { train: subset(dataset, sides[0]), heldOut: subset(dataset, sides[1]) };
}
