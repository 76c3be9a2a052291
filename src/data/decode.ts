import { decodeWithin, ImageError } from "../image/node.ts";
import { CorruptImageError, checkIndex, type Dataset, type Picture, pictureProblem } from "./dataset.ts";

/** How encoded images are turned into pixels. */
export interface DecodeOptions {
  /** Larger pictures are reduced (Lanczos 3) until their short side is this many pixels. Default: as they are. */
  readonly shortSide?: number;
  /** What shows through transparent pixels. Default white. */
  readonly background?: readonly [number, number, number];
}

/** Pictures of a data set may be larger than those of a request: as large as sharp opens of itself. */
const LIMITS = { side: 65535, pixels: 0x3fff ** 2 };

/**
 * Decodes JPEG, PNG, WebP, GIF, TIFF or AVIF into RGB, upright (EXIF orientation applied), in sRGB. The work runs on
 * sharp's own threads, off the main one. Truncated and damaged files are errors, not half pictures.
 * @throws CorruptImageError naming the picture
 */
export async function decodePicture(bytes: Uint8Array, name: string, options: DecodeOptions = {}): Promise<Picture> {
  const [r, g, b] = options.background ?? [255, 255, 255];
  try {
    return await decodeWithin(bytes, name, LIMITS, async (opened) => {
      const image = opened.autoOrient();
      if (options.shortSide !== undefined) {
        const side = options.shortSide;
        image.resize(side, side, { fit: "outside", withoutEnlargement: true, kernel: "lanczos3" });
      }
      const { data, info } = await image
        .flatten({ background: { r, g, b } })
        .toColourspace("srgb")
        .removeAlpha()
        .raw({ depth: "uchar" })
        .toBuffer({ resolveWithObject: true });
      if (info.channels !== 3 && info.channels !== 1) throw new Error(`${info.channels} channels`);
      return { width: info.width, height: info.height, data: toRgb(data, info.channels) };
    });
  } catch (error) {
    throw new CorruptImageError(name, error instanceof ImageError ? reasonOf(error) : String(error));
  }
}

/** A broken picture is what its reason says; of others what was expected counts too. */
function reasonOf({ fault, expected, got = "" }: ImageError): string {
  return fault === "damage" || fault === "format" ? got : `${got} where ${expected} was expected`;
}

/** How a data set of encoded pictures finds them by number. */
interface EncodedPictures extends Pick<Dataset, "classes" | "nameOf"> {
  readonly labels: Int32Array;
  /** The picture's file or field. */
  read(index: number): Promise<Uint8Array>;
}

/** A data set of encoded pictures, each read and decoded when it is asked for. */
export function encodedDataset(pictures: EncodedPictures, options: DecodeOptions): Dataset {
  const { classes, labels, nameOf, read } = pictures;
  const checked = (index: number): number => {
    checkIndex(labels, index);
    return index;
  };
  return {
    length: labels.length,
    classes,
    labelOf: (index) => labels[checked(index)]!,
    nameOf: (index) => nameOf(checked(index)),
    async get(index) {
      const name = nameOf(checked(index));
      const bytes = await read(index).catch((error: unknown) => {
        throw pictureProblem(name, error);
      });
      return { image: await decodePicture(bytes, name, options), label: labels[index]!, name };
    },
    close: async () => {},
  };
}

/** Repeats one channel into three; three channels pass through. */
export function toRgb(data: Uint8Array, channels: 1 | 3): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array(data.length * 3);
  for (let i = 0; i < data.length; i++) rgb.fill(data[i]!, 3 * i, 3 * i + 3);
  return rgb;
}
