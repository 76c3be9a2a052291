// Contact sheets: rows of pictures with the class name beside them.

import sharp from "sharp";

/**
 * @param {string} path
 * @param {ReadonlyArray<{ label: string, pictures: readonly Uint8Array[] }>} rows pictures of size × size, RGB or grey
 * @param {{ size: number, columns: number }} options
 */
export async function writeSheet(path, rows, { size, columns }) {
  const gutter = 170;
  const cell = size + 4;
  const width = gutter + columns * cell;
  const height = Math.max(1, rows.length) * cell;
  const names = rows.map(
    ({ label }, y) =>
      `<text x="4" y="${(y + 0.5) * cell + 5}" font-family="sans-serif" font-size="15">${label.replaceAll("&", "&amp;")}</text>`,
  );
  const text = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${gutter}" height="${height}">${names.join("")}</svg>`,
  );
  const tiles = rows.flatMap(({ pictures }, y) =>
    pictures.slice(0, columns).map((rgb, x) => ({
      input: Buffer.from(rgb),
      raw: { width: size, height: size, channels: /** @type {1 | 3} */ (rgb.length / size ** 2) },
      left: gutter + x * cell,
      top: y * cell,
    })),
  );
  await sharp({ create: { width, height, channels: 3, background: "#d8d8d8" } })
    .composite([{ input: text, left: 0, top: 0 }, ...tiles])
    .png()
    .toFile(path);
}
