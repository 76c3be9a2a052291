/** A blemish out of a photograph of any size: what the mask says is painted anew, every other pixel stays as it was. */
import { loadRgba, maskFromImage } from "flexvar";

/**
 * @param pipe an open FlexVAR pipeline
 * @param {Uint8Array | string} photo bytes or a file; @param {Uint8Array | string} mask white where it is painted anew
 * @returns {Promise<import("flexvar").RgbaImage[]>} as many proposals as asked for, likeliest first
 */
export async function cleanUp(pipe, photo, mask, { classLabels = "none", proposals = 2, seed = 1 } = {}) {
  const image = await loadRgba(photo);
  const { data } = maskFromImage(await loadRgba(mask));
  const edit = { image, mask: { data, width: image.width, height: image.height }, crop: "auto", classLabels };
  for await (const event of pipe.inpaint({ ...edit, count: proposals, bestOf: 2 * proposals, seed }))
    if (event.isLast) return event.images();
}
