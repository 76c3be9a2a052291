import sharp from "sharp";
import { expect, it } from "vitest";
import { loadMaskPicture, loadRgba } from "./node.ts";

const VALUES = [0, 1, 0, 1, 0, 0];
const png16 = (scale: number, channels: 1 | 3 = 1): Promise<Buffer> =>
  sharp(Uint16Array.from(VALUES.flatMap((value) => Array<number>(channels).fill(value * scale))), {
    raw: { width: 3, height: 2, channels },
  })
    .toColourspace(channels === 1 ? "grey16" : "rgb16")
    .png()
    .toBuffer();
const reds = ({ data }: { data: Uint8Array }): number[] => VALUES.map((_, i) => data[4 * i]!);

it("keeps the values of 16-bit files that use 8 bits alone", async () => {
  for (const channels of [1, 3] as const)
    for (const scale of [1, 255]) {
      const image = await loadMaskPicture(await png16(scale, channels));
      expect([image.width, image.height, reds(image)]).toEqual([3, 2, VALUES.map((value) => value * scale)]);
    }
});

it("reads all others as pictures", async () => {
  const files = [
    await png16(65535),
    await sharp(await png16(65535))
      .png({ palette: true })
      .toBuffer(),
  ];
  for (const file of files) {
    const image = await loadMaskPicture(file);
    expect(reds(image)).toEqual(VALUES.map((value) => value * 255));
    expect(image).toEqual(await loadRgba(file));
  }
});
