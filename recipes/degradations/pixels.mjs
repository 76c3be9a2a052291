// Degradations of pictures by their pixels. A picture is { data: Uint8Array [h, w, 3], width, height }.
import sharp from "sharp";

const raw = ({ width, height }) => ({ raw: { width, height, channels: 3 } });

async function pixelsOf(image) {
  const { data, info } = await image.removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  return { data: Uint8Array.from(data), width: info.width, height: info.height };
}

/** Gaussian blur; `sigma` in pixels. Edges are repeated. */
export function blurred({ data, width, height }, sigma) {
  const radius = Math.ceil(4 * sigma);
  const taps = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = taps.reduce((a, b) => a + b, 0);
  const along = (from, extent, step, others) => {
    const out = new Float64Array(from.length);
    for (const start of others)
      for (let c = 0; c < 3; c++)
        for (let at = 0; at < extent; at++) {
          let sum = 0;
          for (let k = -radius; k <= radius; k++)
            sum += taps[k + radius] * from[start + c + step * Math.min(extent - 1, Math.max(0, at + k))];
          out[start + c + step * at] = sum / total;
        }
    return out;
  };
  const rows = Array.from({ length: height }, (_, y) => y * width * 3);
  const columns = Array.from({ length: width }, (_, x) => x * 3);
  const values = along(along(data, width, 3, rows), height, 3 * width, columns);
  return { data: Uint8Array.from(values, (value) => Math.round(value)), width, height };
}

/** Written as JPEG of a quality from 1 to 100 (colour at half resolution, as most writers do below 90) and read again. */
export async function jpegWritten(picture, quality) {
  const bytes = await sharp(picture.data, raw(picture)).jpeg({ quality, chromaSubsampling: "4:2:0" }).toBuffer();
  return pixelsOf(sharp(bytes));
}

/** The lower half moved right by some pixels; what it leaves repeats the edge. */
export function halfShifted({ data, width, height }, pixels) {
  const out = Uint8Array.from(data);
  for (let y = height >> 1; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = 3 * (y * width + Math.max(0, x - pixels));
      out.set(data.subarray(from, from + 3), 3 * (y * width + x));
    }
  return { data: out, width, height };
}
