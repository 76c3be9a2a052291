/** Longest side of a picture that is opened or drawn by default, in pixels. */
export const MAX_IMAGE_SIDE = 16384;

/** A batch of pictures as networks see them: planes of floats, about [-1, 1], [B, 3, H, W] row-major. */
export interface PlanarBatch {
  readonly data: Float32Array;
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** One picture as files see it: 8-bit RGB, [H, W, 3] row-major. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** One picture with transparency: 8-bit RGBA, alpha not multiplied in, [H, W, 4] row-major. */
export interface RgbaImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Channels of an 8-bit picture: 3 or 4. @throws RangeError when the bytes fit neither. */
export function channelsOf({ data, width, height }: RgbImage | RgbaImage): 3 | 4 {
  const pixels = width * height;
  if (pixels > 0 && data.length === pixels * 3) return 3;
  if (pixels > 0 && data.length === pixels * 4) return 4;
  throw new RangeError(
    `image: expected ${width}x${height}x3 = ${pixels * 3} bytes, got ${data.length} (${pixels * 4} with alpha)`,
  );
}

/** The picture with an alpha channel: opaque where it had none. A copy. */
export function withAlpha(image: RgbImage | RgbaImage): RgbaImage {
  const { data, width, height } = image;
  if (channelsOf(image) === 4) return { data: new Uint8Array(data), width, height };
  const out = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    out[4 * i] = data[3 * i]!;
    out[4 * i + 1] = data[3 * i + 1]!;
    out[4 * i + 2] = data[3 * i + 2]!;
    out[4 * i + 3] = 255;
  }
  return { data: out, width, height };
}

/** The colours over a plain background, 8-bit RGB. A copy. */
export function flattenAlpha(image: RgbImage | RgbaImage, background: readonly [number, number, number]): RgbImage {
  const { data, width, height } = image;
  if (channelsOf(image) === 3) return { data: new Uint8Array(data), width, height };
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const a = data[4 * i + 3]!;
    if (a === 255) {
      // Most pixels of most pictures.
      out[3 * i] = data[4 * i]!;
      out[3 * i + 1] = data[4 * i + 1]!;
      out[3 * i + 2] = data[4 * i + 2]!;
    } else
      for (let c = 0; c < 3; c++)
        out[3 * i + c] = Math.round((data[4 * i + c]! * a + background[c]! * (255 - a)) / 255);
  }
  return { data: out, width, height };
}

/** The colours alone, as they are under transparent parts too. A picture without alpha is given back itself. */
export function withoutAlpha(image: RgbImage | RgbaImage): RgbImage {
  if (channelsOf(image) === 3) return image;
  const { data, width, height } = image;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) for (let c = 0; c < 3; c++) out[3 * i + c] = data[4 * i + c]!;
  return { data: out, width, height };
}

/** True where no pixel is transparent. */
export function isOpaque(image: RgbImage | RgbaImage): boolean {
  if (channelsOf(image) === 3) return true;
  for (let at = 3; at < image.data.length; at += 4) if (image.data[at] !== 255) return false;
  return true;
}

/** Part of a picture, in pixels. */
export interface PixelRect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** [-1, 1] to 0..255: clamped, halves rounded up (away from zero, since the result is never negative). NaN gives 0. */
export function toByte(value: number): number {
  const scaled = Math.floor((value + 1) * 127.5 + 0.5);
  return scaled > 0 ? Math.min(scaled, 255) : 0;
}

/** 0..255 to [-1, 1]. */
export function fromByte(byte: number): number {
  return byte / 127.5 - 1;
}

function checkPlanes(data: Float32Array, batch: number, height: number, width: number): void {
  if (data.length !== batch * 3 * height * width) {
    throw new RangeError(
      `image: expected ${batch}x3x${height}x${width} = ${batch * 3 * height * width} values, got ${data.length}`,
    );
  }
}

/** Throws RangeError when the bytes are not width·height·3. */
export function checkRgb({ data, width, height }: RgbImage): void {
  if (data.length !== width * height * 3) {
    throw new RangeError(`image: expected ${width}x${height}x3 = ${width * height * 3} bytes, got ${data.length}`);
  }
}

/** One picture of a batch, [1, 3, H, W]; a view, not a copy. */
export function sliceBatch({ data, batch, height, width }: PlanarBatch, index: number): PlanarBatch {
  checkPlanes(data, batch, height, width);
  if (!Number.isInteger(index) || index < 0 || index >= batch) {
    throw new RangeError(`image: expected a picture from 0 to ${batch - 1}, got ${index}`);
  }
  const size = 3 * height * width;
  return { data: data.subarray(index * size, (index + 1) * size), batch: 1, height, width };
}

/** One picture of a batch as 8-bit RGB, cropped where `crop` says so. */
export function planarToRgb(images: PlanarBatch, index = 0, crop?: PixelRect): RgbImage {
  const { data, height, width } = sliceBatch(images, index);
  const rect = crop ?? { left: 0, top: 0, width, height };
  checkRect(rect, width, height);
  const plane = height * width;
  const out = new Uint8Array(rect.width * rect.height * 3);
  let to = 0;
  for (let y = rect.top; y < rect.top + rect.height; y++) {
    let from = y * width + rect.left;
    for (let x = 0; x < rect.width; x++, from++) {
      out[to++] = toByte(data[from]!);
      out[to++] = toByte(data[from + plane]!);
      out[to++] = toByte(data[from + 2 * plane]!);
    }
  }
  return { data: out, width: rect.width, height: rect.height };
}

/** 8-bit RGB pictures of one size to planes in [-1, 1], [B, 3, H, W]. */
export function rgbToPlanar(images: readonly RgbImage[]): PlanarBatch {
  const first = images[0];
  if (!first) throw new RangeError("image: expected at least one picture, got none");
  const { width, height } = first;
  const plane = width * height;
  const out = new Float32Array(images.length * 3 * plane);
  images.forEach((image, b) => {
    checkRgb(image);
    if (image.width !== width || image.height !== height) {
      throw new RangeError(`image: expected ${width}x${height} as the first, got ${image.width}x${image.height}`);
    }
    for (let c = 0; c < 3; c++) {
      let to = (b * 3 + c) * plane;
      for (let from = c; from < image.data.length; from += 3) out[to++] = fromByte(image.data[from]!);
    }
  });
  return { data: out, batch: images.length, height, width };
}

/** Part of an 8-bit RGB picture, copied. */
export function cropRgb(image: RgbImage, rect: PixelRect): RgbImage {
  checkRgb(image);
  checkRect(rect, image.width, image.height);
  const out = new Uint8Array(rect.width * rect.height * 3);
  for (let y = 0; y < rect.height; y++) {
    const from = ((rect.top + y) * image.width + rect.left) * 3;
    out.set(image.data.subarray(from, from + rect.width * 3), y * rect.width * 3);
  }
  return { data: out, width: rect.width, height: rect.height };
}

function checkRect({ left, top, width, height }: PixelRect, fullWidth: number, fullHeight: number): void {
  const whole = [left, top, width, height].every((v) => Number.isInteger(v) && v >= 0);
  if (!whole || width < 1 || height < 1 || left + width > fullWidth || top + height > fullHeight) {
    throw new RangeError(
      `image: expected a part of ${fullWidth}x${fullHeight} pixels, got ${width}x${height} at (${left}, ${top})`,
    );
  }
}

/** RGB where nothing is transparent: smaller files, the same pixels. */
export function withoutOpaqueAlpha(image: RgbaImage): RgbImage | RgbaImage {
  return isOpaque(image) ? flattenAlpha(image, [255, 255, 255]) : image;
}
