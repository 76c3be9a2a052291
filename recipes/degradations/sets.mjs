// The degradations that a judge must order, by family, each from weak to strong.
import { blurred, halfShifted, jpegWritten } from "./pixels.mjs";
import { decoded, encoded, lastGridRedrawn, swapped } from "./tokens.mjs";

/** Degradations of the pixels: what they are compared with is the pictures themselves. */
const byPixels = [
  { family: "blur", levels: [0.6, 1, 1.5], shown: (sigma) => `blur, σ ${sigma} px`, make: blurred },
  { family: "jpeg", levels: [40, 20, 10], shown: (quality) => `JPEG, quality ${quality}`, make: jpegWritten },
  { family: "shift", levels: [2, 4, 8], shown: (pixels) => `lower half shifted by ${pixels} px`, make: halfShifted },
];

/**
 * Yields `{ family, name, base, pictures }` set by set, undegraded ones first ("none": the pictures; "decoded": the same through the
 * tokenizer, which degraded tokens are compared with).
 * @param classes a class of the model for each picture
 * @param only families; all by default
 */
export async function* degradedSets(pictures, { pipe, classes, seed, only, temperature = 1.5 }) {
  yield { family: "none", name: "none", base: undefined, pictures };
  const wanted = (family) => only === undefined || only.includes(family);
  for (const { family, levels, shown, make } of byPixels.filter((one) => wanted(one.family)))
    for (const level of levels)
      yield {
        family,
        name: shown(level),
        base: "none",
        pictures: await Promise.all(pictures.map((picture) => make(picture, level))),
      };
  if (!["swap", "drop", "redraw"].some(wanted)) return;
  const side = pictures[0].width;
  const { grids } = pipe.resolve({ classLabels: [0] }).plan;
  const last = grids.at(-1);
  const tokens = await encoded(pipe, pictures, last);
  const of = async (family, name, changed, grid = last) => ({
    family,
    name,
    base: "decoded",
    pictures: await decoded(pipe, changed, grid, side),
  });
  yield { ...(await of("none", "decoded", tokens)), base: undefined };
  for (const share of wanted("swap") ? [0.05, 0.1, 0.2] : [])
    yield of("swap", `${Math.round(100 * share)} % of codes swapped`, swapped(tokens, share, seed));
  const dropped = wanted("drop") ? ["last grid", "last two grids"] : [];
  for (const [i, what] of dropped.entries()) {
    const grid = grids.at(-2 - i);
    yield of("drop", `${what} dropped`, await encoded(pipe, pictures, grid), grid);
  }
  if (!wanted("redraw")) return;
  const redrawn = await lastGridRedrawn(pipe, pictures, classes, temperature, seed);
  yield of("redraw", `last grid redrawn at temperature ${temperature}`, redrawn);
}
