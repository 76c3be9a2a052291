// What the engine of a cluster takes a picture, measured: one front end over HTTP and one worker that draws nothing.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Pool } from "undici";
import { startCluster } from "./cluster.mjs";
import { freePort } from "./nats-server.mjs";
import { cpuMs, natsTraffic } from "./usage.mjs";

/**
 * @typedef {object} EngineCosts
 * @property {{ nats: number, front: number, worker: number }} cpuMs of one core a picture
 * @property {number} messages that the NATS server received and sent a picture
 * @property {number} wireBytes that it received and sent a picture
 * @property {number} pictureBytes of the file that was drawn
 * @property {{ cpuMs: number, messages: number }} idle what a worker without work takes of the NATS server a second
 */

/** Seconds that a worker without work is watched. */
const IDLE_SECONDS = 15;

/** A worker that draws nothing. */
async function startIdleWorker(url, model, bytes) {
  const file = fileURLToPath(new URL("idle-worker.mjs", import.meta.url));
  const worker = spawn(process.execPath, [file, url, model, String(bytes)], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise((ready, failed) => {
    worker.stderr.once("data", (text) => (/takes work/.test(text) ? ready() : failed(new Error(String(text)))));
    worker.once("exit", (code) => failed(new Error(`the idle worker ended (${code})`)));
  });
  return worker;
}

/**
 * Requests of one picture at a steady rate.
 * @returns {Promise<number>} bytes of a picture
 */
async function load(url, jobs, rate) {
  // The load shares these cores: a lean client with connections that stay.
  const pool = new Pool(url, { connections: 48, headersTimeout: 60_000 });
  let bytes = 0;
  const one = async (seed) => {
    const body = JSON.stringify({ class_labels: [seed % 10], seed });
    const headers = { "content-type": "application/json" };
    const answer = await pool.request({ path: "/v1/images/generations", method: "POST", headers, body });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`expected 200, got ${answer.statusCode}: ${text}`);
    bytes ||= Buffer.from(JSON.parse(text).data[0].b64_json, "base64").length;
  };
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: jobs }, async (_, i) => {
      const due = begun + (1000 * i) / rate - performance.now();
      if (due > 0) await sleep(due);
      await one(i);
    }),
  );
  await pool.close();
  return bytes;
}

/**
 * @param {{ model: string, bytes: number, jobs: number, rate: number }} options `bytes` of a picture, about; `rate` in jobs a second
 * @returns {Promise<EngineCosts>}
 */
export async function measureEngine({ model, bytes, jobs, rate }) {
  const port = await freePort();
  const monitors = [`http://127.0.0.1:${port}`];
  const cluster = await startCluster({ model, workers: 0, fronts: 1, natsConfig: `http: 127.0.0.1:${port}\n` });
  const worker = await startIdleWorker(cluster.nats.url, model, bytes);
  try {
    const [front] = cluster.fronts;
    const pids = { nats: cluster.nats.pid(), front: front.pid(), worker: worker.pid };
    const taken = async () => ({
      cpu: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMs(pid)])),
      ...(await natsTraffic(monitors)),
    });
    await load(front.url, 300, rate);
    const first = await taken();
    await sleep(1000 * IDLE_SECONDS);
    const idle = await taken();
    const pictureBytes = await load(front.url, jobs, rate);
    const last = await taken();
    const share = (name) => (last.cpu[name] - idle.cpu[name]) / jobs;
    return {
      cpuMs: { nats: share("nats"), front: share("front"), worker: share("worker") },
      messages: (last.messages - idle.messages) / jobs,
      wireBytes: (last.bytes - idle.bytes) / jobs,
      pictureBytes,
      idle: {
        cpuMs: (idle.cpu.nats - first.cpu.nats) / IDLE_SECONDS,
        messages: (idle.messages - first.messages) / IDLE_SECONDS,
      },
    };
  } finally {
    worker.kill();
    await cluster.stop();
  }
}
