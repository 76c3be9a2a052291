/**
 * What a picture looks like near by, without learnt weights: colours, edges and lines of single pixels, averaged over few places.
 * A classifier forgets what it need not know to name a thing; blur, blocks, torn edges and wrong patches are told by these.
 */
import { constant, type Dim, dim, floorDivDim, input, ops, type Tensor } from "../engine/index.ts";

const { add, concat, conv, div, mul, reduceMean, reshape, slice, transpose } = ops;

/** Places along each side whose averages are taken, of the whole picture and of the picture at half its size. */
export const DETAIL_PLACES = { fine: 8, coarse: 4 } as const;

/** Sides must be multiples of this, so that both grids of places fit both sizes. */
export const DETAIL_MULTIPLE = 16;

/** Brightness, red against green, yellow against blue; each from −1 to 1 and 0 for white. */
const OPPONENT = [
  [1 / 3, 1 / 3, 1 / 3],
  [1 / 2, -1 / 2, 0],
  [1 / 4, 1 / 4, -1 / 2],
];

/** Differences of neighbours, then of a pixel and the mean of the two beside it: across, down, and both diagonals for brightness. */
const ACROSS = [0, 0, 0, 0, -1, 1, 0, 0, 0];
const DOWN = [0, 0, 0, 0, -1, 0, 0, 1, 0];
const LINE_ACROSS = [0, 0, 0, -0.5, 1, -0.5, 0, 0, 0];
const LINE_DOWN = [0, -0.5, 0, 0, 1, 0, 0, -0.5, 0];
const FALLING = [0, 0, 0, 0, -1, 0, 0, 0, 1];
const RISING = [0, 0, 0, 0, 0, -1, 0, 1, 0];

/** Kernels of each of the three channels. */
const KERNELS = [
  [ACROSS, DOWN, LINE_ACROSS, LINE_DOWN, FALLING, RISING],
  [ACROSS, DOWN],
  [ACROSS, DOWN],
];

/**
 * Responses r count as r²/(r² + t²): nothing where a picture is plain to the eye, all of an edge. The low threshold sees ripples of a few
 * steps in 255, the high one edges only.
 */
const THRESHOLDS = [0.04, 0.2];

/** Of these, the first: three colours, and brightness across, down and its two lines at the low threshold. */
const PLACED = 7;

const responses = KERNELS.flat().length * THRESHOLDS.length;

/** Numbers at a place: three colours, then what each response counts. */
export const DETAIL_WIDTH = 3 + responses;

/** Numbers of a picture as a whole: all of both sizes averaged, and the colours and brightness edges of every coarse place. */
export const SHALLOW_WIDTH = 2 * DETAIL_WIDTH + DETAIL_PLACES.coarse ** 2 * PLACED;

/** Pictures [B, 3, H, W] in [−1, 1], sides in multiples of `DETAIL_MULTIPLE`, as an input named `image`. */
export const detailInput = (): Tensor =>
  input("image", "float32", ["B", 3, `${DETAIL_MULTIPLE}*h`, `${DETAIL_MULTIPLE}*w`]);

/**
 * Pictures [B, 3, H, W] to `fine` [B, 64, F] (8 × 8 places) and `coarse` [B, 16, F] (4 × 4 places of the picture at half its size) and
 * `shallow` [B, D].
 */
export function detailFeatures(image_B3HW: Tensor): { fine: Tensor; coarse: Tensor; shallow: Tensor } {
  const colours = conv(
    image_B3HW,
    constant(
      Float32Array.from(OPPONENT.flat(), (w) => -w / 2),
      [3, 3, 1, 1],
    ),
    whiteOffset(),
  );
  const fine = averaged(maps(colours), DETAIL_PLACES.fine);
  const coarse = averaged(maps(halved(colours)), DETAIL_PLACES.coarse);
  const flat = (x: Tensor, width: number): Tensor => reshape(x, [dim(x, 0), width]);
  const mean = (x: Tensor): Tensor => flat(reduceMean(x, [1]), DETAIL_WIDTH);
  const placed = slice(coarse, 2, 0, PLACED);
  return {
    fine,
    coarse,
    shallow: concat([mean(fine), mean(coarse), flat(placed, DETAIL_PLACES.coarse ** 2 * PLACED)], 1),
  };
}

/** What makes white 0: Σ w/2 of each channel. */
const whiteOffset = (): Tensor =>
  constant(
    Float32Array.from(OPPONENT, (row) => row.reduce((sum, w) => sum + w / 2, 0)),
    [3],
  );

/** Colours [B, 3, H, W] and the responses to them [B, F, H, W]; beyond the canvas it is white. */
function maps(colours: Tensor): Tensor {
  const parts = KERNELS.flatMap((kernels, channel) => {
    const own = slice(colours, 1, channel, channel + 1);
    const weights = constant(Float32Array.from(kernels.flat()), [kernels.length, 1, 3, 3]);
    const r = conv(own, weights, undefined, { pads: [1, 1, 1, 1] });
    const square = mul(r, r);
    return THRESHOLDS.map((t) => div(square, add(square, constant(Float32Array.of(t * t), []))));
  });
  return concat([colours, ...parts], 1);
}

/** [B, C, H, W] to half its size, area means. */
function halved(x: Tensor): Tensor {
  const [B, C, H, W] = x.shape as [Dim, number, Dim, Dim];
  const [h, w] = [floorDivDim(H, 2), floorDivDim(W, 2)];
  return reshape(reduceMean(reshape(x, [B, C, h, 2, w, 2]), [3, 5]), [B, C, h, w]);
}

/** [B, F, H, W] to means over places [B, places², F]. */
function averaged(x: Tensor, places: number): Tensor {
  const [B, F, H, W] = x.shape as [Dim, number, Dim, Dim];
  const cells = reshape(x, [B, F, places, floorDivDim(H, places), places, floorDivDim(W, places)]);
  return transpose(reshape(reduceMean(cells, [3, 5]), [B, F, places * places]), [0, 2, 1]);
}
