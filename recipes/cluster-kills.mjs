// node recipes/cluster-kills.mjs [--jobs 200] [--workers 3] [--fronts 2] [--worker-kills 30] [--front-kills 5] [--nats-kills 3] [--poison 2]
// [--seed 1]: jobs of many kinds through a cluster while its processes are killed with SIGKILL at random and started again. Every job must end
// once, with the bytes of the single process; those that are poison (their pictures end the process that draws) with an error, and they alone
// lie among the dead letters. Prints the counts, and how long jobs took whose worker was killed.
import { setTimeout as sleep } from "node:timers/promises";
import { ask, startCluster, startSingle } from "./lib/cluster.mjs";
import { mixedRequests } from "./lib/cluster-requests.mjs";
import { deadLetters } from "./lib/dead-letters.mjs";
import { readFlags } from "./lib/flags.mjs";

const { values: flags } = readFlags({
  jobs: "200",
  workers: "3",
  fronts: "2",
  "worker-kills": "30",
  "front-kills": "5",
  "nats-kills": "3",
  poison: "2",
  seed: "1",
});
const number = (name) => Number(flags[name]);

const POISON = 666_666;
const requests = await mixedRequests(number("jobs"), number("seed"));
const poison = Array.from({ length: number("poison") }, (_, i) => ({
  path: "/v1/images/generations",
  body: { class_labels: [i], seed: POISON },
}));
const all = [...requests];
for (const [i, bad] of poison.entries()) all.splice(Math.floor(((i + 1) * all.length) / (poison.length + 1)), 0, bad);

const single = await startSingle();
const expected = await Promise.all(requests.map((request) => ask([single], request, 600_000)));
await single.kill();
console.log(
  `the single process: ${expected.length} jobs, ${expected.filter(({ status }) => status === "done").length} done`,
);

const preload = new URL("./lib/poison.mjs", import.meta.url).href;
const env = { ...process.env, NODE_OPTIONS: `--import ${preload}`, FLEXVAR_POISON_SEED: String(POISON) };
const cluster = await startCluster({ workers: number("workers"), fronts: number("fronts"), env });
const began = performance.now();
/** Longest that a job may take: all of the others' time. */
const patienceMs = 60_000 + 2000 * all.length;
const progress = setInterval(() => console.error(`${left} jobs left`), 10_000);
let left = all.length;
const answers = Promise.all(
  all.map(async (request, i) => {
    // As clients come: one after the other.
    await sleep(i * 150);
    const answer = await ask(cluster.fronts, request, patienceMs);
    left--;
    return answer;
  }),
);

/** Kills one after the other at random times until there is nothing left to kill or to do. */
async function killing(parts, kills, meanMs) {
  let done = 0;
  while (done < kills && left > 0) {
    await sleep(meanMs * (0.5 + Math.random()));
    if (left === 0) break;
    const part = parts[Math.floor(Math.random() * parts.length)];
    await part.kill();
    done++;
    await sleep(200);
    await part.start();
  }
  return done;
}
const spread = Math.max(20_000, 400 * all.length);
const killed = await Promise.all([
  killing(cluster.workers, number("worker-kills"), spread / Math.max(1, number("worker-kills"))),
  killing(cluster.fronts, number("front-kills"), spread / Math.max(1, number("front-kills"))),
  killing([cluster.nats], number("nats-kills"), spread / Math.max(1, number("nats-kills"))),
]);
const got = await answers;
clearInterval(progress);
const seconds = (performance.now() - began) / 1000;

const isPoison = (i) => all[i].body.seed === POISON;
const pictures = (body) =>
  JSON.stringify((body.result?.data ?? []).map((one) => [one.b64_json, one.class_id, one.seed]));
const good = got.filter((_, i) => !isPoison(i));
const wrong = good.filter((body, i) => body.status !== "done" || pictures(body) !== pictures(expected[i]));
const died = got.filter((body, i) => isPoison(i) && body.status === "failed" && body.error?.code === "worker_died");

const dead = await deadLetters(cluster.nats.url);
await cluster.stop();
console.log(
  `${got.length} jobs in ${seconds.toFixed(0)} s; killed: ${killed[0]} workers, ${killed[1]} front ends, ${killed[2]} times the NATS server`,
);
console.log(
  `${good.length - wrong.length} of ${good.length} equal to the single process's, ${died.length} of ${poison.length} poisonous ones failed as such`,
);
console.log(`dead letters: ${dead.length}, of them poison ${dead.filter(({ seed }) => seed === POISON).length}`);
for (const body of wrong.slice(0, 5)) console.log(body.id, body.status, body.error?.message, body.pictures);
const isRight =
  wrong.length === 0 &&
  died.length === poison.length &&
  dead.length === poison.length &&
  dead.every(({ seed }) => seed === POISON);
process.exit(isRight ? 0 : 1);
