// node recipes/cluster-overhead.mjs [--jobs 3000] [--rate 300] [--model emoji]: what the engine of a cluster takes a job. One front end over
// HTTP and one worker that draws nothing, at so many jobs a second: milliseconds of one core a job in the NATS server, the front end and the
// worker, how long jobs took, and what a bare HTTP server of Node takes of the same calls. Then, with a worker that draws, the time from a call to its first scale beside the single process's.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { startCluster } from "./lib/cluster.mjs";
import { readFlags } from "./lib/flags.mjs";
import { startServer } from "./lib/flexvar.mjs";
import { median } from "./lib/numbers.mjs";
import { cpuMs } from "./lib/usage.mjs";

const { values: flags } = readFlags({ jobs: "3000", rate: "300", model: "emoji", rounds: "15" });
const [jobs, rate, rounds] = [Number(flags.jobs), Number(flags.rate), Number(flags.rounds)];

const headers = { "content-type": "application/json" };
const post = async (url, body) => {
  const answer = await fetch(`${url}/v1/images/generations`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer;
};

/** Calls at the rate, each a job; the CPU that processes took, in milliseconds a job, and how long jobs took. */
async function load(url, pids) {
  // The load shares these cores: a lean client with connections that stay.
  const pool = new Pool(url, { connections: 48, headersTimeout: 60_000 });
  const one = async (seed) => {
    const begun = performance.now();
    const body = JSON.stringify({ class_labels: [seed % 300], seed });
    const answer = await pool.request({ path: "/v1/images/generations", method: "POST", headers, body });
    await answer.body.dump();
    if (answer.statusCode !== 200) throw new Error(`expected 200, got ${answer.statusCode}`);
    return performance.now() - begun;
  };
  for (let i = 0; i < 300; i++) await one(i);
  const before = pids.map(cpuMs);
  const begun = performance.now();
  const times = await Promise.all(
    Array.from({ length: jobs }, async (_, i) => {
      const due = begun + (1000 * i) / rate - performance.now();
      if (due > 0) await new Promise((go) => setTimeout(go, due));
      return await one(i);
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  const took = pids.map((id, i) => (cpuMs(id) - before[i]) / jobs);
  await pool.close();
  return { took, seconds, times: times.sort((a, b) => a - b) };
}

const bare = fileURLToPath(new URL("lib/bare-server.mjs", import.meta.url));
const idle = fileURLToPath(new URL("lib/idle-worker.mjs", import.meta.url));
{
  const server = spawn(process.execPath, [bare], { stdio: ["ignore", "pipe", "inherit"] });
  const port = Number(await new Promise((told) => server.stdout.once("data", told)));
  const { took } = await load(`http://127.0.0.1:${port}`, [server.pid]);
  console.log(`${took[0].toFixed(2)} ms of one core a call in a bare HTTP server`);
  server.kill();
}
{
  const cluster = await startCluster({ model: flags.model, workers: 0, fronts: 1 });
  const worker = spawn(process.execPath, [idle, cluster.nats.url, flags.model], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  await new Promise((ready, failed) => {
    worker.stderr.once("data", (text) => (/takes work/.test(text) ? ready() : failed(new Error(String(text)))));
    worker.once("exit", (code) => failed(new Error(`the idle worker ended (${code})`)));
  });
  const [{ url, pid }] = cluster.fronts;
  const pids = { "NATS server": cluster.nats.pid(), "front end": pid(), worker: worker.pid };
  const { took, seconds, times } = await load(url, Object.values(pids));
  const total = took.reduce((sum, ms) => sum + ms, 0);
  const parts = Object.keys(pids).map((name, i) => `${name} ${took[i].toFixed(2)}`);
  console.log(`${jobs} jobs at ${rate} a second asked, ${(jobs / seconds).toFixed(0)} carried out`);
  console.log(`${total.toFixed(2)} ms of one core a job: ${parts.join(", ")}`);
  console.log(
    `a job took ${median(times).toFixed(1)} ms (median), ${times[Math.floor(0.99 * jobs)].toFixed(1)} ms (99 of 100)`,
  );
  worker.kill();
  await cluster.stop();
}

/** Milliseconds from a call to the first scale of its stream, each a call of its own. */
async function firstScale(url) {
  const times = [];
  for (let i = 0; i < rounds; i++) {
    const begun = performance.now();
    const answer = await post(url, { class_labels: [i], seed: i, stream: true, partial_images: "all" });
    const reader = answer.body.getReader();
    let text = "";
    while (!text.includes("partial_image")) text += new TextDecoder().decode((await reader.read()).value);
    times.push(performance.now() - begun);
    while (!(await reader.read()).done);
  }
  return median(times);
}

const single = await startServer(flags.model);
const cluster = await startCluster({ model: flags.model, workers: 1, fronts: 1 });
await firstScale(single.url);
await firstScale(cluster.fronts[0].url);
const [alone, apart] = [await firstScale(single.url), await firstScale(cluster.fronts[0].url)];
console.log(
  `first scale: ${apart.toFixed(0)} ms on the cluster, ${alone.toFixed(0)} ms in one process, ${(apart - alone).toFixed(0)} ms more`,
);
single.close();
await cluster.stop();
process.exit();
