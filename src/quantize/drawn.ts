/** The pictures that a model draws to be looked at while it does. */

import type { ResolvedSampling } from "../options/index.ts";
import { type PictureRow, pictureRow, resolvePlan, transformerOf } from "../pipelines/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";

export interface Drawn {
  readonly sampling: ResolvedSampling;
  /** Rows with streams that begin anew at every call. */
  rows(): PictureRow[];
}

/** Golden ratio: classes far apart for any number of pictures. */
const SPREAD = (Math.sqrt(5) - 1) / 2;

/** So many pictures of classes spread over the table, by the model's own settings. */
export function drawnPictures(config: ModelConfig, count: number, seed: number): Drawn {
  const { numClasses } = transformerOf(config);
  const classes = Array.from({ length: count }, (_, i) =>
    Math.floor((((i + 0.5) * SPREAD + seed * SPREAD) % 1) * numClasses),
  );
  return {
    sampling: resolvePlan(config, { seed }),
    rows: () =>
      classes.map((classId, indexWithinClass) => pictureRow(seed, { classId, mix: undefined, indexWithinClass })),
  };
}
