// SVG to pixels: framed with one margin for all sets, supersampled, averaged in premultiplied alpha, on white, with the
// drawing's own alpha beside it.

import sharp from "sharp";

/** Pixels a side at which the extent of a drawing is measured. */
const MEASURED = 128;
/** Opacity from which on a pixel belongs to the drawing. */
const VISIBLE = 16;

/**
 * What a drawing covers of its canvas, as shares of its side.
 * @typedef {{ left: number, top: number, width: number, height: number }} Extent
 */

/** @param {string} svg a square drawing @returns {Promise<Extent>} */
export async function extentOf(svg) {
  const { data } = await raster(svg, MEASURED);
  let [left, top, right, bottom] = [MEASURED, MEASURED, 0, 0];
  for (let y = 0; y < MEASURED; y++)
    for (let x = 0; x < MEASURED; x++)
      if ((data[4 * (y * MEASURED + x) + 3] ?? 0) >= VISIBLE) {
        [left, right] = [Math.min(left, x), Math.max(right, x + 1)];
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)];
      }
  if (right === 0) throw new Error("render: expected something visible, got an empty drawing");
  return {
    left: left / MEASURED,
    top: top / MEASURED,
    width: (right - left) / MEASURED,
    height: (bottom - top) / MEASURED,
  };
}

/**
 * The drawing in the middle of a canvas, its longer side `1 − 2·margin` of the canvas's; but enlarged by at most `most`, so that
 * a small square stays smaller than a large one.
 * @param {string} svg a square drawing
 * @param {Extent} extent
 * @param {{ margin: number, most: number }} options
 */
export function frame(svg, { left, top, width, height }, { margin, most }) {
  const side = sideOf(svg);
  const zoom = Math.min((1 - 2 * margin) / Math.max(width, height), most);
  const canvas = side / zoom;
  const x = (left + width / 2) * side - canvas / 2;
  const y = (top + height / 2) * side - canvas / 2;
  const [, viewX, viewY] = /viewBox="([-\d.e]+) ([-\d.e]+)/.exec(svg) ?? [];
  const inner = svg.replace("<svg ", `<svg x="${viewX}" y="${viewY}" `);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="${Number(viewX) + x} ${Number(viewY) + y} ${canvas} ${canvas}">${inner}</svg>`;
}

/** @param {string} svg */
function sideOf(svg) {
  return Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
}

/** RGBA pixels of a square drawing. @param {string} svg @param {number} wide pixels a side */
async function raster(svg, wide) {
  const { data, info } = await sharp(Buffer.from(svg), { density: (72 * wide) / sideOf(svg), unlimited: true })
    .resize(wide, wide, { fit: "fill" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== 4) throw new Error(`render: expected 4 channels, got ${info.channels}`);
  return { data };
}

/**
 * @param {string} svg a square drawing
 * @param {{ size: number, supersample: number }} options
 * @returns {Promise<{ rgb: Uint8Array, alpha: Uint8Array }>} size·size·3 and size·size bytes
 */
export async function render(svg, { size, supersample }) {
  const { data } = await raster(svg, size * supersample);
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
