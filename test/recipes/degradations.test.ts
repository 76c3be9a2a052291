import { expect, test } from "vitest";
import { blurred, halfShifted, jpegWritten } from "../../recipes/degradations/pixels.mjs";
import { verdicts } from "../../recipes/degradations/verdict.mjs";

/** A dark square in the middle of a light picture. */
const square = {
  width: 16,
  height: 16,
  data: Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % 16, Math.floor(i / 48)];
    return x >= 5 && x < 11 && y >= 5 && y < 11 ? 40 : 240;
  }),
};
const at = ({ data, width }: typeof square, x: number, y: number): number => data[3 * (y * width + x)]!;

test("a blur keeps plain parts and the sum, and softens edges by sigma", () => {
  const plain = { ...square, data: new Uint8Array(square.data.length).fill(77) };
  expect(blurred(plain, 1.5).data).toEqual(plain.data);
  const sum = ({ data }: typeof square): number => data.reduce((total, value) => total + value, 0);
  const soft = blurred(square, 1);
  expect(Math.abs(sum(soft) - sum(square)) / square.data.length).toBeLessThan(0.5);
  // Beside a long edge the share of the other side is that of a Gaussian's taps beyond it: 0.5 − half of the middle tap.
  const middle = 1 / (1 + 2 * [1, 2, 3, 4].reduce((total, k) => total + Math.exp(-(k * k) / 2), 0));
  const edge = { ...square, data: square.data.map((_, i) => (Math.floor(i / 3) % 16 < 8 ? 0 : 200)) };
  expect(Math.abs(at(blurred(edge, 1), 7, 8) - 200 * (0.5 - middle / 2))).toBeLessThan(1.5);
});

test("the lower half moves and the upper one stays", () => {
  const moved = halfShifted(square, 2);
  expect([at(moved, 5, 6), at(moved, 6, 9), at(moved, 7, 9), at(moved, 12, 9)]).toEqual([40, 240, 40, 40]);
  expect(at(square, 12, 9)).toBe(240);
});

test("JPEG keeps the size and loses more at a lower quality", async () => {
  const loss = async (quality: number) => {
    const { data, width, height } = await jpegWritten(square, quality);
    expect([width, height]).toEqual([16, 16]);
    return data.reduce((sum, value, i) => sum + (value - square.data[i]!) ** 2, 0);
  };
  expect(await loss(10)).toBeGreaterThan(await loss(40));
});

test("a family passes that grows strictly from its base and whose weakest is seen", () => {
  const set = (family: string, name: string, base: string | undefined, value: number, low = 0.1) => ({
    family,
    name,
    base,
    distances: { d: { value, difference: value - 1, interval: [low, 1] as const } },
  });
  const none = set("none", "none", undefined, 1);
  const of = (...values: readonly (readonly [value: number, low?: number])[]) =>
    verdicts([none, ...values.map(([value, low], i) => set("blur", `blur ${i}`, "none", value, low))], ["d"]);
  expect(of([1.1], [1.2], [1.3])).toEqual([{ family: "blur", distance: "d", grows: true, seen: true, passes: true }]);
  expect(of([1.1, 0], [1.2])[0]).toMatchObject({ grows: true, seen: false, passes: false });
  expect(of([1.1], [1.1])[0]).toMatchObject({ grows: false, passes: false });
  expect(of([1], [1.2])[0]).toMatchObject({ grows: false, passes: false });
});
