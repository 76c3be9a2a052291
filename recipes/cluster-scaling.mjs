// node recipes/cluster-scaling.mjs [--model emoji] [--rounds 3] [--seconds 15] [--jobs 1500] [--bytes 6000]: what a second worker brings, and
// what a thousand would. Two workers of one thread against one, by turns, with more requests in flight than they can draw; then what the
// engine takes a picture (processor time, NATS messages, bytes over the wire), with a worker that draws nothing; then a simulation with these
// costs that says what gives in first and which layout carries 1,000 workers. --draw-seconds and --bytes take a picture's time and size instead of measuring them.
import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { startCluster } from "./lib/cluster.mjs";
import { measureEngine } from "./lib/cluster-costs.mjs";
import { layoutFor, limits, simulateCluster } from "./lib/cluster-layout.mjs";
import { readFlags } from "./lib/flags.mjs";
import { markdownTable, mean } from "./lib/numbers.mjs";
import { peakBytes, treeMs, watchOthers } from "./lib/usage.mjs";

const { values: flags } = readFlags({
  ...{ model: "emoji", rounds: "3", seconds: "15", "in-flight": "32", batch: "4" },
  ...{ jobs: "1500", rate: "150", bytes: "6000", "draw-seconds": undefined },
});
const number = (name) => Number(flags[name]);

/**
 * Requests of one picture, so many in flight, given up at the end.
 * @param workMs tells the processor time that workers have taken
 * @returns when each was done, in seconds, with that time; and the bytes of a picture
 */
async function doneTimes(url, seconds, workMs = () => 0) {
  const pool = new Pool(url, { connections: number("in-flight"), headersTimeout: 120_000 });
  const times = [];
  let [seed, bytes] = [0, 0];
  const end = performance.now() + 1000 * seconds;
  const one = async () => {
    while (performance.now() < end) {
      const body = JSON.stringify({ class_labels: [seed % 10], seed: seed++ });
      const headers = { "content-type": "application/json" };
      const answer = await pool.request({ path: "/v1/images/generations", method: "POST", headers, body });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`expected 200, got ${answer.statusCode}: ${text}`);
      bytes += Buffer.from(JSON.parse(text).data[0].b64_json, "base64").length;
      times.push({ at: performance.now() / 1000, workMs: workMs() });
    }
  };
  const all = Promise.allSettled(Array.from({ length: number("in-flight") }, one));
  await sleep(1000 * seconds);
  await pool.destroy();
  const fault = (await all).find(({ reason }) => reason !== undefined && !/destroyed|closed/i.test(reason.message));
  if (fault !== undefined) throw fault.reason;
  // Workers hear of what nobody waits for.
  await sleep(1000);
  return { times: times.sort((a, b) => a.at - b.at), bytes: bytes / times.length };
}

/** Pictures a second, and seconds of workers' processor time for one, from the first batch that was done to the last. */
function rateOf({ times }) {
  const [first, last] = [times[0], times.at(-1)];
  // Those of one batch come together: none of the first is counted.
  const counted = times.filter(({ at }) => at > first.at + 0.05).length;
  if (counted < 2) throw new Error(`expected at least two batches in ${flags.seconds} s, got ${times.length} pictures`);
  return { rate: counted / (last.at - first.at), work: (last.workMs - first.workMs) / 1000 / counted };
}

/** @returns of every round of one worker and of two what {@link rateOf} tells; the memory of a worker and the size of a picture, in bytes */
async function scaling() {
  const cluster = await startCluster({
    ...{ model: flags.model, workers: 2, fronts: 1 },
    workerArgs: ["--batch", flags.batch],
  });
  const [, second] = cluster.workers;
  const [{ url }] = cluster.fronts;
  const rounds = { one: [], two: [] };
  let pictureBytes = (await doneTimes(url, 5)).bytes;
  for (let round = 0; round < number("rounds"); round++)
    for (const which of round % 2 === 0 ? ["two", "one"] : ["one", "two"]) {
      if (which === "one") await second.stop();
      const othersCores = watchOthers(process.pid);
      const pids = cluster.workers.slice(0, which === "one" ? 1 : 2).map(({ pid }) => pid());
      const workMs = () => pids.reduce((sum, pid) => sum + treeMs(pid), 0);
      const done = await doneTimes(url, number("seconds"), workMs);
      const others = othersCores();
      const { rate, work } = rateOf(done);
      rounds[which].push({ rate, work });
      pictureBytes = done.bytes;
      console.error(
        `round ${round + 1}, ${which}: ${rate.toFixed(2)} pictures a second, ${work.toFixed(3)} s of a core for one; ${others.toFixed(2)} cores at other work`,
      );
      if (which === "one") await second.start();
    }
  const memory = peakBytes(cluster.workers[0].pid());
  await cluster.stop();
  return { ...rounds, memory, pictureBytes };
}

let drawSeconds = flags["draw-seconds"] && number("draw-seconds");
let bytes = number("bytes");
if (drawSeconds === undefined) {
  const { one, two, memory, pictureBytes } = await scaling();
  bytes = pictureBytes;
  const ratios = one.map(({ rate }, i) => two[i].rate / rate);
  const works = [one, two].map((rounds) => mean(rounds.map(({ work }) => work)));
  // Of a worker that has a core for itself.
  drawSeconds = works[0];
  const shown = (rounds) => rounds.map(({ rate }) => rate.toFixed(2)).join(", ");
  console.log(`pictures a second: one worker ${shown(one)}; two ${shown(two)}`);
  console.log(
    `two against one: ${mean(ratios).toFixed(2)} × (from ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}), the bar is 1.85 ×`,
  );
  console.log(
    `a core's time for a picture: ${works.map((work) => work.toFixed(3)).join(" s with one worker, ")} s with two`,
  );
  console.log(`a worker's memory: ${Math.round(memory / 1e6)} MB at most`);
  await sleep(1000);
}

const engine = await measureEngine({
  ...{ model: flags.model, bytes, jobs: number("jobs"), rate: number("rate") },
});
const { cpuMs, messages, wireBytes, pictureBytes, idle } = engine;
console.log(
  `a picture of ${pictureBytes} bytes: front end ${cpuMs.front.toFixed(2)} ms, NATS ${cpuMs.nats.toFixed(2)} ms, worker ${cpuMs.worker.toFixed(2)} ms ` +
    `of one core; ${messages.toFixed(1)} messages and ${Math.round(wireBytes)} bytes in and out of NATS`,
);
console.log(
  `a worker without work, a second: ${idle.messages.toFixed(1)} messages, ${idle.cpuMs.toFixed(2)} ms of NATS and a front end's looks`,
);

const costs = {
  ...{ drawSeconds, frontMs: cpuMs.front, natsMs: cpuMs.nats, idleMs: idle.cpuMs },
};
console.log(
  `\nsimulated with ${drawSeconds.toFixed(3)} s a picture of a worker, which are at work nine tenths of the time:`,
);
for (const [name, workers] of Object.entries(limits(costs)).sort(([, a], [, b]) => a - b))
  console.log(`${name} carries ${Math.floor(workers)} workers`);
const percent = (share) => `${Math.round(100 * share)} %`;
const rows = [10, 100, 300, 1000, 3000].map((workers) => {
  const layout = layoutFor(workers, costs);
  const carried = simulateCluster({ workers, costs, layout });
  const plain = simulateCluster({ workers, costs, layout: { fronts: 1, parts: 1 } });
  return [
    ...[workers, carried.asked.toFixed(carried.asked < 10 ? 1 : 0), percent(plain.perSecond / plain.asked)],
    ...[layout.fronts, layout.parts, percent(carried.perSecond / carried.asked), percent(carried.use.fronts)],
    ...[
      percent(carried.use.nats),
      `${Math.round(1000 * carried.late)} ms`,
      `${((8 * carried.asked * wireBytes) / 1e6).toFixed(1)} Mbit/s`,
    ],
  ];
});
const head = [
  ...["workers", "pictures a second", "one front end, one NATS: carried", "front ends", "NATS parts", "carried"],
  ...["front ends' use", "NATS' use", "wait, 99 of 100", "over NATS"],
];
console.log(`\n${markdownTable(head, rows)}`);
process.exit();
