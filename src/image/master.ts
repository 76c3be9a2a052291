/** The user's own picture at full size, as its file has it: 8 or 16 bits, in its own colour space. */

/** A picture whose samples are never converted: [H, W, channels] row-major, of 8 bits or of 16 (0..65535), alpha not multiplied in. */
export interface MasterImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** RGB, or RGB and alpha. */
  readonly channels: 3 | 4;
}

/** Largest sample: 255 or 65535. */
export const whiteOf = ({ data }: Pick<MasterImage, "data">): number => (data.BYTES_PER_ELEMENT === 2 ? 65535 : 255);

/** @throws RangeError when the samples are not width·height·channels */
export function checkMaster({ data, width, height, channels }: MasterImage, where: string): void {
  if (data.length !== width * height * channels)
    throw new RangeError(
      `${where}: expected ${width}x${height}x${channels} = ${width * height * channels} samples, got ${data.length}`,
    );
}
