import { contactSheet, type RgbImage } from "../image/index.ts";
import { createRandom } from "../sampling/index.ts";
import { centreView } from "./augment.ts";
import { CorruptImageError, type Dataset } from "./dataset.ts";
import { type LeftOut, shownName, someNames } from "./left-out.ts";
import { resample } from "./resample.ts";

/** What a data set holds, as shown before training. */
export interface DataCard {
  readonly count: number;
  /** Pictures by class, in the classes' order. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Width and height of the pictures looked at: how many, the smallest and largest of each, the median short side. */
  readonly sizes: {
    readonly looked: number;
    readonly width: readonly [least: number, most: number];
    readonly height: readonly [least: number, most: number];
    readonly medianShortSide: number;
  };
  /** Pictures among those that could not be decoded, by name. */
  readonly corrupt: readonly { readonly name: string; readonly reason: string }[];
  /** Classes without a picture. */
  readonly empty: readonly string[];
  /** How the files were read, in words; undefined for data sets that are none. */
  readonly layout: string | undefined;
  /** What the files hold that was left out, by reason. */
  readonly leftOut: readonly LeftOut[];
}

export interface CardOptions {
  /** Pictures to decode, spread over the set. Default 64. */
  readonly look?: number;
  /** Decides which. Default 0. */
  readonly seed?: number;
  /** Side of a picture on the contact sheet. Default 64. */
  readonly tile?: number;
}

/** Counts a data set and looks at some of its pictures; the sheet shows those, in order of class. */
export async function describeDataset(
  dataset: Dataset,
  { look = 64, seed = 0, tile = 64 }: CardOptions = {},
): Promise<{ readonly card: DataCard; readonly sheet: RgbImage | undefined }> {
  const counts = new Array<number>(dataset.classes.length).fill(0);
  for (let index = 0; index < dataset.length; index++) counts[dataset.labelOf(index)]!++;
  const corrupt: { name: string; reason: string }[] = [];
  const sizes: { width: number; height: number }[] = [];
  const tiles: RgbImage[] = [];
  for (const index of chosen(dataset, look, seed)) {
    try {
      const { image } = await dataset.get(index);
      sizes.push({ width: image.width, height: image.height });
      const values = resample(image, centreView(image), tile, tile, "edge");
      tiles.push({ width: tile, height: tile, data: Uint8Array.from(values, toByte) });
    } catch (error) {
      if (!(error instanceof CorruptImageError)) throw error;
      corrupt.push({ name: error.picture, reason: error.reason });
    }
  }
  const shorts = sizes.map(({ width, height }) => Math.min(width, height)).sort((a, b) => a - b);
  const card: DataCard = {
    count: dataset.length,
    classes: dataset.classes.map((name, label) => ({ name, count: counts[label]! })),
    sizes: {
      looked: sizes.length,
      width: extent(sizes.map(({ width }) => width)),
      height: extent(sizes.map(({ height }) => height)),
      medianShortSide: shorts[shorts.length >> 1] ?? 0,
    },
    corrupt,
    empty: dataset.classes.filter((_, label) => counts[label] === 0),
    layout: dataset.reading?.layout,
    leftOut: dataset.reading?.leftOut ?? [],
  };
  return { card, sheet: tiles.length > 0 ? contactSheet(tiles) : undefined };
}

function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

/** Some pictures, chosen by seed, in order of class. */
function chosen(dataset: Dataset, look: number, seed: number): number[] {
  const all = createRandom(seed, "card").shuffle(Array.from({ length: dataset.length }, (_, i) => i));
  return all.slice(0, look).sort((a, b) => dataset.labelOf(a) - dataset.labelOf(b) || a - b);
}

function extent(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}

/** The card as lines of text; at most `most` classes are listed, the largest first. */
export function formatDataCard(card: DataCard, most = 12): string {
  const { sizes, classes, corrupt } = card;
  const range = ([low, high]: readonly [number, number]) => (low === high ? `${low}` : `${low}..${high}`);
  const bySize = [...classes].sort((a, b) => b.count - a.count);
  const listed = bySize.slice(0, most).map(({ name, count }) => `  ${String(count).padStart(8)}  ${shownName(name)}`);
  const rest = bySize.slice(most);
  const others = rest.reduce((sum, { count }) => sum + count, 0);
  return [
    `${card.count} pictures in ${classes.length} ${classes.length === 1 ? "class" : "classes"}`,
    `size ${range(sizes.width)} × ${range(sizes.height)} pixels, median short side ${sizes.medianShortSide} (of ${sizes.looked} looked at)`,
    ...listed,
    ...(rest.length > 0 ? [`  ${String(others).padStart(8)}  in ${rest.length} more classes`] : []),
    ...(card.layout === undefined ? [] : [`read as: ${card.layout}`]),
    ...(card.empty.length > 0 ? [`classes without pictures: ${card.empty.length} (${someNames(card.empty, 12)})`] : []),
    ...card.leftOut.map(({ reason, count, names }) => `left out: ${count} ${reason} (${someNames(names, 2, count)})`),
    `corrupt: ${corrupt.length} of ${sizes.looked + corrupt.length} looked at`,
    ...corrupt.map(({ name, reason }) => `corrupt: ${shownName(name)} (${reason})`),
  ].join("\n");
}
