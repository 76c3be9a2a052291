// Requests of many kinds for the emoji model: classes, groups, counts, sizes, settings, edits of a picture with and without a mask.
import sharp from "sharp";

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";

/** @param {number} side @param {(x: number, y: number) => readonly [number, number, number]} colour */
const png = async (side, colour) => {
  const data = Buffer.alloc(side * side * 3);
  for (let i = 0; i < side * side; i++) data.set(colour(i % side, Math.floor(i / side)), 3 * i);
  return (
    await sharp(data, { raw: { width: side, height: side, channels: 3 } })
      .png()
      .toBuffer()
  ).toString("base64");
};

/**
 * @param {number} count
 * @param {number} seed of the first
 * @returns {Promise<{ path: string, body: Record<string, unknown> }[]>}
 */
export async function mixedRequests(count, seed) {
  const image = await png(64, (x, y) => [4 * x, 4 * y, 160]);
  const mask = await png(64, (x) => (x > 40 ? [255, 255, 255] : [0, 0, 0]));
  return Array.from({ length: count }, (_, i) => {
    const own = { seed: seed + i };
    switch (i % 6) {
      case 0:
        return { path: generations, body: { ...own, class_labels: [i % 300], n: 2 } };
      case 1:
        return { path: generations, body: { ...own, prompt: "heart" } };
      case 2:
        return { path: generations, body: { ...own, class_labels: ["cat"], size: "96x64" } };
      case 3:
        return {
          path: generations,
          body: { ...own, class_labels: [i % 300], num_inference_steps: 6, top_k: 100, n: 3 },
        };
      case 4:
        return { path: edits, body: { ...own, image, mask, task: "inpaint", class_labels: [i % 300] } };
      default:
        return {
          path: edits,
          body: { ...own, image, task: "refine", size: "64x64", strength: 0.5, class_labels: "none" },
        };
    }
  });
}
