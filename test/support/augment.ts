import type { AugmentOptions } from "../../src/data/index.ts";

/** The paper's recipe: a random crop of 0.88..1.0 of the short side, mirrored half of the time. */
export const paperAugment: AugmentOptions = { crop: [0.88, 1], flip: 0.5, scale: [1, 1], shift: 0, surround: "edge" };

/** For drawings on white: no crop, mirrored half of the time, shrunk to 0.85..1 and moved by up to 6 %. */
export const drawingAugment: AugmentOptions = {
  crop: [1, 1],
  flip: 0.5,
  scale: [0.85, 1],
  shift: 0.06,
  surround: [255, 255, 255],
};
