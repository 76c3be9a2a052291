/** What a pickle may hold, and how much of it. */
import { CheckpointError } from "./error.ts";

/** Dictionary keys that a checkpoint may use. */
export type PickleKey = string | number | bigint | boolean | null;

/** Something that is neither a scalar nor a container: what a reader of one kind of pickle adds. */
export interface PickleObject {
  readonly pickleKind: string;
}

/** Values that the restricted unpickler can build. Lists and tuples are arrays; dicts and namespaces are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleObject
  | PickleValue[]
  | Map<PickleKey, PickleValue>;

/** A global that a pickle may name, and what may be done with it. A missing function means: not allowed. */
export interface PickleGlobal extends PickleObject {
  readonly pickleKind: "global";
  readonly name: string;
  /** Calling it. */
  readonly call?: (args: PickleValue[]) => PickleValue;
  /** Giving an object that it made its state; the number returned is the work done, counted against the limit. */
  readonly build?: (target: PickleValue, state: PickleValue) => number;
}

export function isMap(value: PickleValue | undefined): value is Map<PickleKey, PickleValue> {
  return value instanceof Map;
}

export function isGlobal(value: PickleValue | undefined): value is PickleGlobal {
  return typeof value === "object" && value !== null && "pickleKind" in value && value.pickleKind === "global";
}

/** What a value is, in a word or two, for messages. */
export function describe(value: PickleValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isMap(value)) return `a dict of ${value.size}`;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === "object") return `a ${value.pickleKind}`;
  return typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
}

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
