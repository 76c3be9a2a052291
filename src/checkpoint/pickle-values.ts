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
