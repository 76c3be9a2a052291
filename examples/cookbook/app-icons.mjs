/** One drawing at the sizes that an app's manifest asks for: the model draws any size, nothing is stretched. */
import { encodePng, planarToRgb } from "flexvar";

/** @param pipe an open FlexVAR pipeline @returns {Promise<Map<number, Uint8Array>>} PNGs by their sides */
export async function appIcons(pipe, label, { sides = [96, 128], seed = 1 } = {}) {
  const icons = new Map();
  let smallest;
  for await (const step of pipe.generate({ classLabels: [label], seed })) if (step.isLast) smallest = planarToRgb(await step.image());
  icons.set(smallest.width, encodePng(smallest));
  // The same drawing, finer: its own tokens go in at the coarse scales.
  for (const side of sides)
    for await (const event of pipe.refine({ image: smallest, size: [side, side], classLabels: [label], seed }))
      if (event.isLast) icons.set(side, encodePng((await event.images())[0]));
  return icons;
}
