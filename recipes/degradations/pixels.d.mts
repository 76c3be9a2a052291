export interface Picture {
  /** [height, width, 3] */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}
export function blurred<P extends Picture>(picture: P, sigma: number): P;
export function jpegWritten<P extends Picture>(picture: P, quality: number): Promise<P>;
export function halfShifted<P extends Picture>(picture: P, pixels: number): P;
