// Distances of sets of pictures by every level of a judge, and their paired bootstrap.
import {
  bootstrapInterval,
  doubleProducts,
  frechetDistance,
  imageStream,
  momentsOf,
  openFeatures,
  placedDistance,
  sumPlaced,
} from "../../dist/index.js";

const AT_ONCE = 32;

/** The distances, by the metric's name in `flexvar evaluate`. */
export const distanceNames = ["fid", "fid_shallow", "patch_fine", "patch_coarse"];

/** @param threads threads of one product */
export async function openDistances(judge, runtime, threads = 1) {
  const source = await openFeatures(judge, runtime);
  const product = await doubleProducts(threads);

  /** Rows of every level: `{ data [n, width or places·width], places, width }` by the distance's name. */
  async function rowsOf(pictures) {
    const levels = {};
    for (let at = 0; at < pictures.length; at += AT_ONCE) {
      const some = pictures.slice(at, at + AT_ONCE);
      const { features, details } = await source.extract(sideBySide(some));
      const { shallow, fine, coarse } = details;
      const whole = (data) => ({ data, places: 1, width: data.length / some.length });
      const parts = { fid: whole(features), fid_shallow: whole(shallow), patch_fine: fine, patch_coarse: coarse };
      for (const [name, { data, places, width }] of Object.entries(parts)) {
        levels[name] ??= { data: new Float32Array(pictures.length * places * width), places, width };
        levels[name].data.set(data, at * places * width);
      }
    }
    return levels;
  }

  /** Moments of some of the rows, all by default: of features, or place by place. */
  async function momentsAt(name, { data, places, width }, chosen = [...Array(data.length / (places * width)).keys()]) {
    const size = places * width;
    const rows = new Float32Array(chosen.length * size);
    for (const [i, row] of chosen.entries()) rows.set(data.subarray(row * size, (row + 1) * size), i * size);
    if (!name.startsWith("patch")) return momentsOf(rows, width, product);
    const sum = sumPlaced(places, width);
    sum.add(rows);
    return sum.finish();
  }

  const between = (name, a, b) => (name.startsWith("patch") ? placedDistance(a, b) : frechetDistance(a, b, product));
  return { name: source.name, rowsOf, momentsAt, between, close: () => source.close() };
}

function sideBySide(pictures) {
  const [{ width, height }] = pictures;
  const data = new Uint8Array(pictures.length * width * height * 3);
  for (const [i, picture] of pictures.entries()) data.set(picture.data, i * width * height * 3);
  return { data, count: pictures.length, width, height };
}

/** Numbers of pictures drawn with replacement, once for each replicate: every set of the same pictures uses the same. */
export function replicateRows(count, replicates, seed) {
  return Array.from({ length: replicates }, (_, replicate) => {
    const random = imageStream(seed, replicate, 0);
    return Array.from({ length: count }, () => Math.min(count - 1, Math.floor(random.uniform() * count)));
  });
}

/**
 * A distance of a set from the reference, and that of each replicate.
 * @param reference the reference's moments
 */
export async function replicated(measure, name, level, reference, replicates) {
  const distance = async (chosen) => measure.between(name, await measure.momentsAt(name, level, chosen), reference);
  const again = [];
  for (const chosen of replicates) again.push(await distance(chosen));
  return { value: await distance(), again };
}

/**
 * How much farther a degraded set lies than its base, with the 95 % interval of the difference: both sides of each replicate have the
 * same pictures.
 */
export function pairedDifference(degraded, base) {
  const difference = degraded.value - base.value;
  const again = degraded.again.map((value, replicate) => value - base.again[replicate]);
  return { difference, interval: bootstrapInterval(difference, Float64Array.from(again)) };
}
