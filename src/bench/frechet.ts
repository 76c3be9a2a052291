import { doubleProducts, frechetDistance, momentsOf } from "../evaluate/index.ts";
import { createRandom } from "../sampling/index.ts";
import type { Peer } from "./peer.ts";
import { leastOfRounds, type Rounds } from "./rounds.ts";

/** Time of a Fréchet distance: moments of two sets and the distance. Best of all rounds. */
export interface FrechetReport {
  /** Rows of each set, and their width. */
  readonly rows: number;
  readonly width: number;
  readonly seconds: number;
  /** Seconds of numpy's moments and scipy's matrix root, and ours over theirs; null without a peer that has scipy. */
  readonly peerSeconds: number | null;
  readonly ofPeer: number | null;
  /** Largest share of the machine that other processes took in a round. */
  readonly othersShare: number;
}

export interface FrechetRounds extends Rounds {
  /** Threads of one product; all cores by default. */
  readonly threads?: number | undefined;
  readonly peer: Peer | undefined;
  /** By default 10,000 rows of 2,048, as FID is published. */
  readonly rows?: number;
  readonly width?: number;
}

/** Measures the distance of two random sets, ours and the peer's in turn. */
export async function measureFrechet(rounds: FrechetRounds): Promise<FrechetReport> {
  const { threads, peer, runs, rows = 10_000, width = 2048 } = rounds;
  const product = await doubleProducts(threads);
  const [a, b] = [features(1, rows, width), features(2, rows, width)];
  const least = await leastOfRounds(
    rounds,
    1,
    (round) => `Fréchet distance of ${rows} rows, round ${round} of ${runs}`,
    async () => {
      const begin = performance.now();
      await frechetDistance(await momentsOf(a, width, product), await momentsOf(b, width, product), product);
      return { seconds: (performance.now() - begin) / 1000 };
    },
    peer?.libraries.scipy === true ? async () => ({ seconds: await peer.run("frechet") }) : undefined,
  );
  const { seconds } = least.own;
  const peerSeconds = least.peer?.seconds ?? null;
  const ofPeer = peerSeconds === null ? null : seconds / peerSeconds;
  return { rows, width, seconds, peerSeconds, ofPeer, othersShare: least.othersShare };
}

/** Rows that are not negative and of uneven width, as features after a rectifier are. */
function features(seed: number, rows: number, width: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: rows * width }, (_, at) => (random.uniform() * 2) / (1 + (at % width) / 64));
}
