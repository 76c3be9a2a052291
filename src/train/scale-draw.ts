import type { Random } from "../sampling/index.ts";

/**
 * Draws `count` different grid sides below the native one, ascending: each from `preferred` with probability `preferredShare`,
 * else from the other sides of 1..native−1. Fewer where there are fewer.
 */
export function drawSmallScales(
  random: Random,
  native: number,
  count: number,
  preferred: readonly number[],
  preferredShare: number,
): number[] {
  const often = preferred.filter((side) => side < native);
  const seldom = Array.from({ length: native - 1 }, (_, i) => i + 1).filter((side) => !often.includes(side));
  const chosen: number[] = [];
  while (chosen.length < count && often.length + seldom.length > 0) {
    const wantOften = random.uniform() < preferredShare;
    const from = (wantOften && often.length > 0) || seldom.length === 0 ? often : seldom;
    chosen.push(...from.splice(random.int(from.length), 1));
  }
  return chosen.sort((a, b) => a - b);
}
