// Jobs of many kinds through a cluster while its processes are killed with SIGKILL at random and started again.
import { setTimeout as sleep } from "node:timers/promises";
import { ask, startCluster } from "./cluster.mjs";
import { mixedRequests } from "./cluster-requests.mjs";
import { deadLetters } from "./dead-letters.mjs";
import { startServer } from "./flexvar.mjs";

/** Pictures of this seed end the process that draws them. */
const POISON = 666_666;

/**
 * How many jobs, processes and kills.
 * @typedef {{ jobs: number, workers: number, fronts: number, workerKills: number, frontKills: number, natsKills: number, poison: number, seed?: number, paceMs?: number }} KillOptions
 */

/**
 * What came of it: jobs that are not as the single process's, poisonous ones that failed as such, all dead letters.
 * @param {KillOptions} options
 * @param {(line: string) => void} [say]
 */
export async function runKills(options, say = () => {}) {
  const { jobs, workers, fronts, workerKills, frontKills, natsKills, poison, seed = 1, paceMs = 150 } = options;
  const requests = await mixedRequests(jobs, seed);
  const all = [...requests];
  for (let i = 0; i < poison; i++)
    all.splice(Math.floor(((i + 1) * all.length) / (poison + 1)), 0, {
      path: "/v1/images/generations",
      body: { class_labels: [i], seed: POISON },
    });

  const single = await startServer("emoji");
  const expected = await Promise.all(requests.map((request) => ask([single], request, 600_000)));
  single.close();
  say(`the single process: ${expected.length} jobs, ${expected.filter(({ status }) => status === "done").length} done`);

  const preload = new URL("./poison.mjs", import.meta.url).href;
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, FLEXVAR_POISON_SEED: String(POISON) };
  const cluster = await startCluster({ workers, fronts, env });
  try {
    const began = performance.now();
    /** Longest that a job may take: all of the others' time. */
    const patienceMs = 60_000 + 2000 * all.length;
    let left = all.length;
    const answers = Promise.all(
      all.map(async (request, i) => {
        // As clients come: one after the other.
        await sleep(i * paceMs);
        const answer = await ask(cluster.fronts, request, patienceMs);
        left--;
        return answer;
      }),
    );
    /**
     * Kills one after the other at random times until there is nothing left to kill or to do.
     * @param {readonly { kill(): Promise<void>, start(): Promise<void> }[]} parts
     * @param {number} kills
     */
    const killing = async (parts, kills) => {
      const meanMs = (400 * all.length + 5000) / Math.max(1, kills);
      let done = 0;
      while (done < kills && left > 0) {
        await sleep(meanMs * (0.5 + Math.random()));
        if (left === 0) break;
        const part = parts[Math.floor(Math.random() * parts.length)];
        await part?.kill();
        done++;
        say(`${done} of ${kills} killed, ${left} jobs left`);
        await sleep(200);
        await part?.start();
      }
      return done;
    };
    const killed = await Promise.all([
      killing(cluster.workers, workerKills),
      killing(cluster.fronts, frontKills),
      killing([cluster.nats], natsKills),
    ]);
    const got = await answers;
    const seconds = (performance.now() - began) / 1000;
    /** @param {number} i */
    const isPoison = (i) => all[i]?.body.seed === POISON;
    const good = got.filter((_, i) => !isPoison(i));
    return {
      seconds,
      killed,
      good: good.length,
      wrong: good.filter((body, i) => body.status !== "done" || pictures(body) !== pictures(expected[i])),
      poisoned: got.filter((body, i) => isPoison(i) && body.status === "failed" && body.error?.code === "worker_died")
        .length,
      dead: (await deadLetters(cluster.nats.url)).map((letter) => ({ ...letter, isPoison: letter.seed === POISON })),
    };
  } finally {
    await cluster.stop();
  }
}

/** @param {any} body */
const pictures = (body) =>
  JSON.stringify((body.result?.data ?? []).map((/** @type {any} */ one) => [one.b64_json, one.class_id, one.seed]));
