// Fashion-MNIST as a data set of this project: 70,000 grey pictures, padded from 28 to 32 pixels.
//
//   apt-get install dataset-fashion-mnist      (or fetch the four IDX files from the authors' page)
//   node recipes/fashion/prepare.mjs [--data DIR] [--out runs/fashion-data]
//
// The original black background is kept and the margin is black too, so that the padding cannot be seen. One
// channel is stored; the readers repeat grey into RGB.
// Licence of the data: MIT, © 2017 Zalando SE, https://github.com/zalandoresearch/fashion-mnist.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { readFlags } from "../lib/flags.mjs";
import { writeNpz } from "../lib/npz.mjs";
import { writeSheet } from "../lib/sheet.mjs";

/** The labels, in the authors' order. */
const NAMES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"];
const SIDE = 28;
const SIZE = 32;
const PIXELS = SIZE * SIZE;
/** Where Debian's package puts the files. */
const DEBIAN = "/usr/share/datasets/fashion-mnist";

const { values } = readFlags({ data: DEBIAN, out: "runs/fashion-data", sheets: true }, { allowNegative: true });
const out = resolve(values.out);
const parts = [readPart("train"), readPart("t10k")];
const count = parts.reduce((sum, part) => sum + part.labels.length, 0);
const images = new Uint8Array(count * PIXELS);
const labels = new BigInt64Array(count);
const split = new Uint8Array(count);
let at = 0;
for (const [side, part] of parts.entries()) {
  for (let i = 0; i < part.labels.length; i++, at++) {
    pad(part.pixels.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE), images.subarray(at * PIXELS, (at + 1) * PIXELS));
    labels[at] = BigInt(part.labels[i] ?? -1);
    split[at] = side;
  }
}
mkdirSync(out, { recursive: true });
await writeNpz(join(out, "fashion.npz"), {
  images: { shape: [count, SIZE, SIZE, 1], data: images },
  labels: { shape: [count], data: labels },
  split: { shape: [count], data: split },
});
const classes = NAMES.map((name, id) => {
  const of = (/** @type {number} */ side) =>
    labels.filter((label, i) => label === BigInt(id) && split[i] === side).length;
  return { id, name, train: { pictures: of(0) }, heldOut: { pictures: of(1) } };
});
const info = { size: SIZE, id2label: Object.fromEntries(NAMES.entries()), classes };
writeFileSync(join(out, "classes.json"), `${JSON.stringify(info, null, 1)}\n`);
if (values.sheets) {
  const rows = NAMES.map((label, id) => {
    const mine = [...labels.keys()].filter((i) => labels[i] === BigInt(id)).slice(0, 20);
    return { label, pictures: mine.map((i) => images.subarray(i * PIXELS, (i + 1) * PIXELS)) };
  });
  await writeSheet(join(out, "sheet.png"), rows, { size: SIZE, columns: 20 });
}
console.error(`${parts.map((part) => part.labels.length).join(" + ")} pictures written to ${values.out}`);

/** @param {"train" | "t10k"} name */
function readPart(name) {
  const { shape, data } = readIdx(values.data, `${name}-images-idx3-ubyte`);
  const { data: classIds } = readIdx(values.data, `${name}-labels-idx1-ubyte`);
  if (shape[0] !== classIds.length || shape[1] !== SIDE || shape[2] !== SIDE) {
    throw new Error(`fashion: expected ${classIds.length} pictures of ${SIDE} × ${SIDE}, got ${shape.join(" × ")}`);
  }
  return { pixels: data, labels: classIds };
}

/** Centres a picture on black. @param {Uint8Array} small @param {Uint8Array} large */
function pad(small, large) {
  const margin = (SIZE - SIDE) / 2;
  for (let y = 0; y < SIDE; y++) large.set(small.subarray(y * SIDE, (y + 1) * SIDE), (y + margin) * SIZE + margin);
}

/**
 * Reads an IDX file (the MNIST family), plain or gzipped.
 * @param {string} folder
 * @param {string} name without ".gz"; either form is found
 * @returns {{ shape: number[], data: Uint8Array }} unsigned bytes, row-major
 */
function readIdx(folder, name) {
  const plain = join(folder, name);
  const path = [plain, `${plain}.gz`].find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`fashion: expected ${name} or ${name}.gz in ${folder}`);
  const bytes = readFileSync(path);
  return parseIdx(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes, name);
}

/**
 * Two zero bytes, the type (8 = unsigned byte), the number of dimensions, the dimensions (big-endian), the values.
 * @param {Uint8Array} bytes
 * @param {string} name for the error
 */
function parseIdx(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 + 4 * rank || view.getUint16(0) !== 0 || bytes[2] !== 8) {
    throw new Error(`${name}: expected an IDX file of unsigned bytes, got a header of another kind`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const count = shape.reduce((a, b) => a * b, 1);
  const data = bytes.subarray(4 + 4 * rank);
  if (data.length !== count) throw new Error(`${name}: expected ${count} values, got ${data.length}`);
  return { shape, data };
}
