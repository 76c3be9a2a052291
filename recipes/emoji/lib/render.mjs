// SVG to pixels: supersampled, averaged in premultiplied alpha, on white, with the drawing's own alpha beside it.

import sharp from "sharp";

/**
 * @param {string} svg a square drawing
 * @param {{ size: number, supersample: number }} options
 * @returns {Promise<{ rgb: Uint8Array, alpha: Uint8Array }>} size·size·3 and size·size bytes
 */
export async function render(svg, { size, supersample }) {
  const side = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
  const wide = size * supersample;
  const { data, info } = await sharp(Buffer.from(svg), { density: (72 * wide) / side })
    .resize(wide, wide, { fit: "fill" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 4) throw new Error(`render: expected 4 channels, got ${info.channels}`);
  return shrink(data, { size, supersample });
}

/**
 * @param {Uint8Array} rgba straight alpha, (size·supersample)² pixels
 * @param {{ size: number, supersample: number }} options
 */
function shrink(rgba, { size, supersample }) {
  const rgb = new Uint8Array(size * size * 3);
  const alpha = new Uint8Array(size * size);
  const cells = supersample * supersample;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let dy = 0; dy < supersample; dy++) {
        for (let dx = 0; dx < supersample; dx++) {
          const at = 4 * ((y * supersample + dy) * size * supersample + x * supersample + dx);
          const opacity = rgba[at + 3] ?? 0;
          r += (rgba[at] ?? 0) * opacity;
          g += (rgba[at + 1] ?? 0) * opacity;
          b += (rgba[at + 2] ?? 0) * opacity;
          a += opacity;
        }
      }
      const white = 255 * cells - a;
      const at = y * size + x;
      rgb[3 * at] = Math.round(r / (255 * cells) + white / cells);
      rgb[3 * at + 1] = Math.round(g / (255 * cells) + white / cells);
      rgb[3 * at + 2] = Math.round(b / (255 * cells) + white / cells);
      alpha[at] = Math.round(a / cells);
    }
  }
  return { rgb, alpha };
}
