// A cluster of processes on this machine: a NATS server, front ends, workers, each of which can be killed and started again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { cli } from "./flexvar.mjs";
import { freePort, startNats } from "./nats-server.mjs";

/** @typedef {{ kill(): Promise<void>, start(): Promise<void>, stop(): Promise<void>, said(): string, pid(): number | undefined }} Part */
/** @typedef {Part & { url: string }} Front */

/**
 * A `flexvar` process. Resolves once it has said so.
 * @param {readonly string[]} args
 * @param {RegExp} ready
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Part>}
 */
async function startPart(args, ready, env = process.env) {
  /** @type {import("node:child_process").ChildProcess} */
  let child;
  let said = "";
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const start = async () => {
    said = "";
    child = spawn(process.execPath, [cli, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
    child.stderr?.on("data", (text) => (said += text));
    while (!ready.test(said)) {
      if (isOver()) throw new Error(`flexvar ${args.join(" ")} ended: ${said}`);
      await sleep(20);
    }
  };
  /** @param {NodeJS.Signals} signal */
  const end = async (signal) => {
    if (isOver()) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  };
  await start();
  return {
    start,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    said: () => said,
    pid: () => child.pid,
  };
}

/**
 * Starts a cluster.
 * @param {{ model?: string, workers?: number, fronts?: number, env?: NodeJS.ProcessEnv, workerArgs?: readonly string[], natsConfig?: string, frontModels?: readonly string[] }} [options]
 *   `natsConfig`: more lines of the NATS server's configuration; `frontModels`: what each front end serves, all the same model by default
 */
export async function startCluster(options = {}) {
  const { model = "emoji", workers = 3, fronts = 2, env, workerArgs = [], natsConfig } = options;
  const { frontModels = Array.from({ length: fronts }, () => model) } = options;
  const nats = await startNats({ config: natsConfig });
  /** @param {string} served */
  const common = (served) => ["--cluster", nats.url, "--model", served];
  const worker = () => startPart(["worker", ...common(model), "--threads", "1", ...workerArgs], /takes work/, env);
  /** @param {string} served @returns {Promise<Front>} */
  const front = async (served) => {
    const port = await freePort();
    const part = await startPart(
      ["serve", ...common(served), "--port", String(port), "--log-level", "error"],
      /listening/,
      env,
    );
    return { ...part, url: `http://127.0.0.1:${port}` };
  };
  const [workerParts, frontParts] = await Promise.all([
    Promise.all(Array.from({ length: workers }, worker)),
    Promise.all(frontModels.map(front)),
  ]);
  return {
    nats,
    workers: workerParts,
    fronts: frontParts,
    async stop() {
      await Promise.all([...workerParts, ...frontParts].map((part) => part.kill()));
      await nats.stop();
    },
  };
}

/** @typedef {{ path: string, body: Record<string, unknown> }} Request */

/**
 * Asks for a job at any front end that answers, and polls until it has ended.
 * @param {readonly Pick<Front, "url">[]} fronts
 * @param {Request} request
 * @param {number} [patienceMs]
 */
export async function ask(fronts, { path, body }, patienceMs = 120_000) {
  const until = Date.now() + patienceMs;
  let turn = Math.floor(Math.random() * fronts.length);
  /** @param {string} to @param {RequestInit} [init] */
  const anywhere = async (to, init) => {
    for (;;) {
      if (Date.now() > until) throw new Error(`${to}: no answer within ${patienceMs / 1000} s`);
      try {
        const answer = await fetch(`${fronts[turn++ % fronts.length]?.url}${to}`, {
          ...init,
          signal: AbortSignal.timeout(15_000),
        });
        if (answer.status !== 503 && answer.status !== 429 && !(answer.status === 500 && init === undefined))
          return { status: answer.status, body: /** @type {any} */ (await answer.json()) };
      } catch {
        // This front end is away: another, or this one later.
      }
      await sleep(200);
    }
  };
  const headers = { "content-type": "application/json" };
  let job = await anywhere(path, { method: "POST", headers, body: JSON.stringify({ ...body, async: true }) });
  if (job.status !== 202) return job.body;
  const { id } = job.body;
  while (job.body.status === "queued" || job.body.status === "running") {
    if (Date.now() > until) throw new Error(`job ${id}: still ${job.body.status} after ${patienceMs / 1000} s`);
    await sleep(150);
    job = await anywhere(`/v1/jobs/${id}`);
    if (job.status !== 200) throw new Error(`job ${id}: ${job.status} ${JSON.stringify(job.body)}`);
  }
  return job.body;
}
