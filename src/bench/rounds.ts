/** Measuring in rounds: what other processes take falls on every figure alike, and the best of a few rounds counts. */
import { cpus } from "node:os";

export interface Rounds {
  readonly runs: number;
  readonly onProgress: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Something to be measured, of known work. */
export interface Probe {
  /** 2·m·n·k of every product of a run. */
  readonly flops: number;
  /** Seconds of one run. */
  run(): Promise<number>;
  dispose(): Promise<void>;
}

export interface PartReport {
  readonly seconds: number;
  readonly tflop: number;
  /** GFLOP/s. */
  readonly rate: number;
}

export const partReport = (seconds: number, flops: number): PartReport => ({
  seconds,
  tflop: flops / 1e12,
  rate: flops / seconds / 1e9,
});

type Figures<K extends string> = Readonly<Record<K, number>>;

/**
 * The least of every figure of `own` and `peer` over all rounds, and the largest share of the machine that other processes took
 * while `own` was measured: 0 calm, 1 all of it. Round 0 warms up and does not count.
 * @param first 1 where nothing is to be warmed up.
 * @param words say which round begins.
 * @param peer what another process measures in turn; null in the result where there is none.
 */
export async function leastOfRounds<K extends string, P extends string>(
  { runs, onProgress, signal }: Rounds,
  first: 0 | 1,
  words: (round: number) => string,
  own: (round: number) => Promise<Figures<K>>,
  peer: (() => Promise<Figures<P>>) | undefined,
): Promise<{ readonly own: Figures<K>; readonly peer: Figures<P> | null; readonly othersShare: number }> {
  const rounds: { own: Figures<K>; share: number; peer: Figures<P> | undefined }[] = [];
  for (let round = first; round <= runs; round++) {
    signal?.throwIfAborted();
    onProgress(words(round));
    const before = cpuTimes();
    const figures = await own(round);
    const share = othersShare(before, cpuTimes());
    if (round > 0) rounds.push({ own: figures, share, peer: await peer?.() });
  }
  return {
    own: leastOf(rounds.map((one) => one.own)),
    peer: peer === undefined ? null : leastOf(rounds.map((one) => one.peer!)),
    othersShare: Math.max(...rounds.map(({ share }) => share)),
  };
}

function leastOf<K extends string>(rounds: readonly Figures<K>[]): Figures<K> {
  const names = Object.keys(rounds[0]!) as K[];
  return Object.fromEntries(
    names.map((name) => [name, Math.min(...rounds.map((figures) => figures[name]))]),
  ) as Figures<K>;
}

/** Busy processor time of the whole machine and of this process, and time passed, in milliseconds. */
function cpuTimes() {
  const machine = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const { user, system } = process.cpuUsage();
  return { machine, own: (user + system) / 1000, wall: performance.now() };
}

function othersShare(before: ReturnType<typeof cpuTimes>, after: ReturnType<typeof cpuTimes>): number {
  const others = after.machine - before.machine - (after.own - before.own);
  return Math.max(0, others / ((after.wall - before.wall) * cpus().length));
}
