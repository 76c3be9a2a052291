/** Where a worker takes work, of one model or several, and which first. */
import { ANY_CLASS, consumerName, LANES, type Place } from "./layout.ts";
import type { Source } from "./taker.ts";
import type { WorkerState } from "./worker-state.ts";

/** Messages that are taken at once: a batch of small pictures; one shard of a set. */
const BATCH: Readonly<Record<Place["lane"], number>> = { small: 8, large: 8, set: 1 };
/** Every so many turns large jobs come first, so that many small ones do not hold them up for ever. */
const LARGE_TURN = 4;
/** Every so many turns other models come first, for the same reason: changing models takes time. */
const OTHERS_TURN = 8;

/** The places of a model's work. */
export const placesOf = ({ model, fingerprint }: Pick<WorkerState, "model" | "fingerprint">): readonly Place[] => [
  ...LANES.map((lane) => ({ model: model.hash, machines: ANY_CLASS, lane })),
  { model: model.hash, machines: fingerprint, lane: "set" },
];

interface Stall {
  readonly worker: WorkerState;
  readonly small: Source;
  readonly large: Source;
  readonly set: Source;
}

export interface Sources {
  /** In which order to look in a turn: jobs of the open model, jobs of the others, sets. */
  order(turn: number, open: WorkerState): readonly Source[];
  /** Whose work a consumer hands out. */
  ownerOf(consumer: string): WorkerState;
}

export function sourcesOf(workers: readonly WorkerState[]): Sources {
  const stalls = workers.map((worker): Stall => {
    const [small, large, set] = placesOf(worker).map(
      (place): Source => ({ consumer: consumerName(place), batch: BATCH[place.lane] }),
    ) as [Source, Source, Source];
    return { worker, small, large, set };
  });
  const owners = new Map(
    stalls.flatMap(({ worker, small, large, set }) => [small, large, set].map(({ consumer }) => [consumer, worker])),
  );
  return {
    order(turn, open) {
      const isLargeFirst = turn % LARGE_TURN === 0;
      const jobs = ({ small, large }: Stall): Source[] => (isLargeFirst ? [large, small] : [small, large]);
      const own = stalls.filter(({ worker }) => worker === open);
      const others = stalls.filter(({ worker }) => worker !== open);
      const [first, second] = turn % OTHERS_TURN === 0 ? [others, own] : [own, others];
      return [...[...first, ...second].flatMap(jobs), ...[...own, ...others].map(({ set }) => set)];
    },
    ownerOf: (consumer) => owners.get(consumer) ?? workers[0]!,
  };
}
