import { CheckpointError } from "./error.ts";
import { isMap, type PickleValue } from "./pickle-values.ts";

/**
 * Bounds on what a pickle may ask for. A state dict takes about 40 operations a tensor, so these hold checkpoints of
 * a hundred thousand tensors; what a hostile file can make us hold stays in the hundreds of megabytes.
 */
export const pickleLimits = {
  bytes: 64 << 20,
  operations: 4_000_000,
  containers: 500_000,
  memo: 2_000_000,
  depth: 64,
  /** Values seen when every shared container is walked again wherever it is used. */
  expanded: 8_000_000,
} as const;

interface Extent {
  readonly height: number;
  readonly values: number;
}

/**
 * Checks that a built value is a tree of bounded depth that stays bounded when walked: no cycles, and no shared
 * containers that multiply (the "billion laughs").
 */
export function checkTree(root: PickleValue, where: string): void {
  const known = new Map<object, Extent>();
  const visit = (value: PickleValue, depth: number): Extent => {
    if (!Array.isArray(value) && !isMap(value)) return { height: 0, values: 1 };
    const before = known.get(value);
    if (depth + (before?.height ?? 0) > pickleLimits.depth) {
      throw new CheckpointError(
        where,
        `containers nested at most ${pickleLimits.depth} deep`,
        "deeper or endless ones",
      );
    }
    if (before) return before;
    let height = 0;
    let values = 1;
    for (const child of value.values()) {
      const extent = visit(child, depth + 1);
      height = Math.max(height, extent.height + 1);
      values += extent.values;
      if (values > pickleLimits.expanded) {
        throw new CheckpointError(where, `at most ${pickleLimits.expanded} values`, "shared containers that hold more");
      }
    }
    const extent = { height, values };
    known.set(value, extent);
    return extent;
  };
  visit(root, 0);
}
