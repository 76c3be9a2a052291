/**
 * Convolutions of the Inception network that FID is defined on (Szegedy et al., arXiv 1512.00567; the graph published in December
 * 2015), under the names of its PyTorch conversion.
 */

/** A convolution, its batch normalisation and ReLU. */
export interface InceptionConv {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Kernel height and width. */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** Zeros above and below, left and right. */
  readonly pad: readonly [number, number];
}

export type Layers = ReadonlyMap<string, InceptionConv>;

/** Convolutions of a branch one after another: [name, outputs, kernel height, kernel width, stride, padded]. */
type Step = readonly [name: string, outputs: number, kh: number, kw: number, stride?: number, padded?: boolean];

/** Number of classes of the published network. */
export const INCEPTION_CLASSES = 1008;

const a = (pool: number): Step[][] => [
  [["branch1x1", 64, 1, 1]],
  [
    ["branch5x5_1", 48, 1, 1],
    ["branch5x5_2", 64, 5, 5],
  ],
  [
    ["branch3x3dbl_1", 64, 1, 1],
    ["branch3x3dbl_2", 96, 3, 3],
    ["branch3x3dbl_3", 96, 3, 3],
  ],
  [["branch_pool", pool, 1, 1]],
];

const b: Step[][] = [
  [["branch3x3", 384, 3, 3, 2, false]],
  [
    ["branch3x3dbl_1", 64, 1, 1],
    ["branch3x3dbl_2", 96, 3, 3],
    ["branch3x3dbl_3", 96, 3, 3, 2, false],
  ],
];

const c = (inner: number): Step[][] => [
  [["branch1x1", 192, 1, 1]],
  [
    ["branch7x7_1", inner, 1, 1],
    ["branch7x7_2", inner, 1, 7],
    ["branch7x7_3", 192, 7, 1],
  ],
  [
    ["branch7x7dbl_1", inner, 1, 1],
    ["branch7x7dbl_2", inner, 7, 1],
    ["branch7x7dbl_3", inner, 1, 7],
    ["branch7x7dbl_4", inner, 7, 1],
    ["branch7x7dbl_5", 192, 1, 7],
  ],
  [["branch_pool", 192, 1, 1]],
];

const d: Step[][] = [
  [
    ["branch3x3_1", 192, 1, 1],
    ["branch3x3_2", 320, 3, 3, 2, false],
  ],
  [
    ["branch7x7x3_1", 192, 1, 1],
    ["branch7x7x3_2", 192, 1, 7],
    ["branch7x7x3_3", 192, 7, 1],
    ["branch7x7x3_4", 192, 3, 3, 2, false],
  ],
];

/** Some branches end in a fork, see `forks`. */
const e: Step[][] = [
  [["branch1x1", 320, 1, 1]],
  [["branch3x3_1", 384, 1, 1]],
  [
    ["branch3x3dbl_1", 448, 1, 1],
    ["branch3x3dbl_2", 384, 3, 3],
  ],
  [["branch_pool", 192, 1, 1]],
];
/** Two convolutions that both read the end of a branch of an E block. */
const forks: readonly (readonly [from: string, Step, Step])[] = [
  ["branch3x3_1", ["branch3x3_2a", 384, 1, 3], ["branch3x3_2b", 384, 3, 1]],
  ["branch3x3dbl_2", ["branch3x3dbl_3a", 384, 1, 3], ["branch3x3dbl_3b", 384, 3, 1]],
];

const stem: readonly Step[] = [
  ["Conv2d_1a_3x3", 32, 3, 3, 2, false],
  ["Conv2d_2a_3x3", 32, 3, 3, 1, false],
  ["Conv2d_2b_3x3", 64, 3, 3],
  ["Conv2d_3b_1x1", 80, 1, 1],
  ["Conv2d_4a_3x3", 192, 3, 3, 1, false],
];

/** Blocks in order: name, kind, input channels, branches. */
export const inceptionBlocks = [
  { name: "Mixed_5b", kind: "A", inputs: 192, branches: a(32) },
  { name: "Mixed_5c", kind: "A", inputs: 256, branches: a(64) },
  { name: "Mixed_5d", kind: "A", inputs: 288, branches: a(64) },
  { name: "Mixed_6a", kind: "B", inputs: 288, branches: b },
  { name: "Mixed_6b", kind: "C", inputs: 768, branches: c(128) },
  { name: "Mixed_6c", kind: "C", inputs: 768, branches: c(160) },
  { name: "Mixed_6d", kind: "C", inputs: 768, branches: c(160) },
  { name: "Mixed_6e", kind: "C", inputs: 768, branches: c(192) },
  { name: "Mixed_7a", kind: "D", inputs: 768, branches: d },
  { name: "Mixed_7b", kind: "E", inputs: 1280, branches: e },
  { name: "Mixed_7c", kind: "E", inputs: 2048, branches: e },
] as const;

/** Names of the convolutions that read the end of an E block's branch, by that branch's last convolution. */
export const forksAfter: ReadonlyMap<string, readonly string[]> = new Map(
  forks.map(([from, [one], [other]]) => [from, [one, other]]),
);

/** Channels of the features, before `narrow`. */
export const INCEPTION_FEATURES = 2048;

/**
 * All convolutions by name. `narrow` divides every channel count but the picture's three: a small network of the same
 * layout, for tests.
 */
export function inceptionLayers(narrow = 1): Layers {
  const layers = new Map<string, InceptionConv>();
  const put = (prefix: string, inputs: number, [name, outputs, kh, kw, stride = 1, padded = true]: Step): number => {
    const full = prefix + name;
    const pad: readonly [number, number] = padded ? [(kh - 1) / 2, (kw - 1) / 2] : [0, 0];
    layers.set(full, { name: full, inputs, outputs: outputs / narrow, kernel: [kh, kw], stride, pad });
    return outputs / narrow;
  };
  let channels = 3;
  for (const step of stem) channels = put("", channels, step);
  for (const { name, kind, inputs, branches } of inceptionBlocks) {
    const prefix = `${name}.`;
    for (const branch of branches) {
      let width = inputs / narrow;
      for (const step of branch) width = put(prefix, width, step);
    }
    if (kind !== "E") continue;
    for (const [from, one, other] of forks) {
      const width = layers.get(prefix + from)!.outputs;
      put(prefix, width, one);
      put(prefix, width, other);
    }
  }
  return layers;
}
