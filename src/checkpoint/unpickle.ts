import { CheckpointError, quote } from "./error.ts";
import { type PickleCursor, pickleCursor } from "./pickle-cursor.ts";
import {
  checkTree,
  describe,
  isGlobal,
  isMap,
  type PickleGlobal,
  type PickleKey,
  type PickleValue,
  pickleLimits,
} from "./pickle-values.ts";

/** What a pickle may reach outside itself: nothing, save what this host hands out. */
export interface PickleHost {
  /** The allowed globals by module and name, a dot between. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** The object that a persistent id (in `.pth`: a storage) stands for. */
  load(id: PickleValue): PickleValue;
}

interface Machine {
  readonly where: string;
  readonly host: PickleHost;
  readonly in: PickleCursor;
  readonly stack: PickleValue[];
  /** Stack heights at the open marks. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  /** Which global made an object: its `build` takes the state. */
  readonly makers: Map<object, PickleGlobal>;
  operations: number;
  containers: number;
}

function fail(m: Machine, expected: string, got: string): never {
  throw new CheckpointError(m.where, `${expected} before byte ${m.in.position}`, got);
}

function pop(m: Machine): PickleValue {
  const floor = m.marks.at(-1) ?? 0;
  if (m.stack.length <= floor) fail(m, "a value on the stack", "none");
  return m.stack.pop() as PickleValue;
}

function top(m: Machine): PickleValue {
  if (m.stack.length <= (m.marks.at(-1) ?? 0)) fail(m, "a value on the stack", "none");
  return m.stack.at(-1) as PickleValue;
}

function popToMark(m: Machine): PickleValue[] {
  const height = m.marks.pop();
  if (height === undefined) fail(m, "a mark", "none");
  return m.stack.splice(height);
}

function push<T extends PickleValue>(m: Machine, value: T): T {
  m.stack.push(value);
  return value;
}

function pushContainer(m: Machine, value: PickleValue[] | Map<PickleKey, PickleValue>): void {
  if (++m.containers > pickleLimits.containers) fail(m, `at most ${pickleLimits.containers} containers`, "more");
  m.stack.push(value);
}

function work(m: Machine, amount: number): void {
  m.operations += amount;
  if (m.operations > pickleLimits.operations) fail(m, `at most ${pickleLimits.operations} operations`, "more");
}

function remember(m: Machine, index: number): void {
  m.memo.set(index, top(m));
  if (m.memo.size > pickleLimits.memo) fail(m, `at most ${pickleLimits.memo} memo entries`, "more");
}

function recall(m: Machine, index: number): void {
  const value = m.memo.get(index);
  if (value === undefined) fail(m, `memo entry ${index}`, "none");
  push(m, value);
}

function pushTuple(m: Machine, size: number): void {
  const items: PickleValue[] = [];
  for (let i = 0; i < size; i++) items.unshift(pop(m));
  pushContainer(m, items);
}

function append(m: Machine, items: PickleValue[]): void {
  const list = top(m);
  if (!Array.isArray(list)) fail(m, "a list to append to", describe(list));
  for (const item of items) list.push(item);
}

function setItems(m: Machine, items: PickleValue[]): void {
  const dict = top(m);
  if (!isMap(dict)) fail(m, "a dict to fill", describe(dict));
  if (items.length % 2 !== 0) fail(m, "pairs of key and value", `${items.length} values`);
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] as PickleValue;
    if (typeof key === "object" && key !== null) fail(m, "keys that are text or numbers", describe(key));
    if (dict.has(key)) fail(m, "unique keys", `two ${describe(key)}`);
    dict.set(key, items[i + 1] as PickleValue);
  }
}

function pushDict(m: Machine, items: PickleValue[]): void {
  pushContainer(m, new Map());
  setItems(m, items);
}

function findGlobal(m: Machine, module: string, name: string): void {
  const full = `${module}.${name}`;
  const found = m.host.globals.get(full);
  if (!found) fail(m, "tensors and plain containers only", `the global ${quote(full)}, which is refused`);
  push(m, found);
}

function stackGlobal(m: Machine): void {
  const name = pop(m);
  const module = pop(m);
  if (typeof name !== "string" || typeof module !== "string") fail(m, "a global's name", describe(name));
  findGlobal(m, module, name);
}

function call(m: Machine): void {
  const args = pop(m);
  const global = pop(m);
  if (!isGlobal(global)) fail(m, "a function to call", describe(global));
  if (!Array.isArray(args)) fail(m, "a tuple of arguments", describe(args));
  if (!global.call) fail(m, "a global that may be called", global.name);
  const made = global.call(args);
  if (typeof made === "object" && made !== null) {
    if (++m.containers > pickleLimits.containers) fail(m, `at most ${pickleLimits.containers} objects`, "more");
    if (global.build) m.makers.set(made, global);
  }
  push(m, made);
}

function build(m: Machine): void {
  const state = pop(m);
  const target = top(m);
  const maker = typeof target === "object" && target !== null ? m.makers.get(target) : undefined;
  if (!maker?.build) fail(m, "an object that takes a state", describe(target));
  work(m, maker.build(target, state));
}

function persistent(m: Machine): void {
  push(m, m.host.load(pop(m)));
}

/** Longest name of a module or a global. */
const mostNameBytes = 512;

/** The opcodes of protocols 2 to 5 that tensors, containers and scalars need; every other one is refused. */
const opcodes: Readonly<Record<number, (m: Machine) => void>> = {
  128: (m) => {
    const protocol = m.in.u8();
    if (protocol < 2 || protocol > 5) fail(m, "pickle protocol 2 to 5", String(protocol));
  },
  149: (m) => void m.in.length64(),
  40: (m) => void m.marks.push(m.stack.length),
  48: (m) => void pop(m),
  49: (m) => void popToMark(m),
  50: (m) => void push(m, top(m)),
  78: (m) => void push(m, null),
  136: (m) => void push(m, true),
  137: (m) => void push(m, false),
  75: (m) => void push(m, m.in.u8()),
  77: (m) => void push(m, m.in.u16()),
  74: (m) => void push(m, m.in.i32()),
  138: (m) => void push(m, m.in.integer(m.in.u8())),
  139: (m) => void push(m, m.in.integer(m.in.u32())),
  71: (m) => void push(m, m.in.float64()),
  140: (m) => void push(m, m.in.text(m.in.u8())),
  88: (m) => void push(m, m.in.text(m.in.u32())),
  141: (m) => void push(m, m.in.text(m.in.length64())),
  85: (m) => void push(m, m.in.text(m.in.u8())),
  84: (m) => void push(m, m.in.text(m.in.u32())),
  67: (m) => void push(m, m.in.bytes(m.in.u8())),
  66: (m) => void push(m, m.in.bytes(m.in.u32())),
  142: (m) => void push(m, m.in.bytes(m.in.length64())),
  150: (m) => void push(m, m.in.bytes(m.in.length64())),
  93: (m) => pushContainer(m, []),
  108: (m) => pushContainer(m, popToMark(m)),
  97: (m) => append(m, [pop(m)]),
  101: (m) => append(m, popToMark(m)),
  41: (m) => pushContainer(m, []),
  116: (m) => pushContainer(m, popToMark(m)),
  133: (m) => pushTuple(m, 1),
  134: (m) => pushTuple(m, 2),
  135: (m) => pushTuple(m, 3),
  125: (m) => pushContainer(m, new Map()),
  100: (m) => pushDict(m, popToMark(m)),
  115: (m) => {
    const value = pop(m);
    setItems(m, [pop(m), value]);
  },
  117: (m) => setItems(m, popToMark(m)),
  113: (m) => remember(m, m.in.u8()),
  114: (m) => remember(m, m.in.u32()),
  148: (m) => remember(m, m.memo.size),
  104: (m) => recall(m, m.in.u8()),
  106: (m) => recall(m, m.in.u32()),
  99: (m) => findGlobal(m, m.in.line(mostNameBytes), m.in.line(mostNameBytes)),
  147: stackGlobal,
  82: call,
  129: call,
  98: build,
  81: persistent,
};

const stop = 0x2e;

/**
 * Reads a pickle that holds data and nothing else. Code cannot run: a global is an entry of the host's table or an
 * error. Time and memory are bounded by `pickleLimits`; the result is a tree without cycles.
 * @throws CheckpointError for whatever is not such a pickle.
 */
export function unpickle(pickle: Uint8Array, where: string, host: PickleHost): PickleValue {
  if (pickle.length > pickleLimits.bytes) {
    throw new CheckpointError(where, `at most ${pickleLimits.bytes} bytes of pickle`, `${pickle.length}`);
  }
  const m: Machine = {
    where,
    host,
    in: pickleCursor(pickle, where),
    stack: [],
    marks: [],
    memo: new Map(),
    makers: new Map(),
    operations: 0,
    containers: 0,
  };
  for (;;) {
    const code = m.in.u8();
    if (code === stop) break;
    work(m, 1);
    const run = opcodes[code];
    if (!run) fail(m, "opcodes for data", `opcode 0x${code.toString(16).padStart(2, "0")}, which is refused`);
    run(m);
  }
  const value = pop(m);
  if (m.stack.length > 0 || m.marks.length > 0) fail(m, "one value at the end", `${m.stack.length + 1}`);
  checkTree(value, where);
  return value;
}
