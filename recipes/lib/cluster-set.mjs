// A set drawn by a cluster's workers while they and who asks are killed with SIGKILL, beside the same set of one process.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { startCluster } from "./cluster.mjs";
import { cli } from "./flexvar.mjs";

/**
 * How much, and how often something is killed.
 * @typedef {{ model: string, total: number, workers: number, killEverySeconds: number, askerKills: number, seed?: number }} SetOptions
 */

/**
 * What came of it: the times of both, whether the files are equal, and what is left in the cluster's store, by stream. What a worker was putting
 * away when it was killed (pieces of an object that has no name yet) is taken out by its age: there may be as many as workers were killed.
 * @param {SetOptions} options
 * @param {(line: string) => void} [say]
 */
export async function runSet(options, say = () => {}) {
  const { model, total, workers, killEverySeconds, askerKills, seed = 1 } = options;
  const folder = await mkdtemp(join(tmpdir(), "flexvar-set-"));
  /** @param {string} name @param {readonly string[]} more */
  const sample = (name, ...more) =>
    spawn(
      process.execPath,
      [
        cli,
        "sample",
        "--model",
        model,
        "--total",
        String(total),
        "--seed",
        String(seed),
        "--out",
        join(folder, name),
        ...more,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
  const cluster = await startCluster({ model, workers, fronts: 0 });
  try {
    const began = performance.now();
    let [over, workerKills, askersKilled] = [false, 0, 0];
    const killing = (async () => {
      for (;;) {
        for (let waited = 0; waited < killEverySeconds && !over; waited += 0.1) await sleep(100);
        if (over) return;
        const worker = cluster.workers[workerKills++ % workers];
        await worker?.kill();
        say(`${workerKills} workers killed`);
        await worker?.start();
      }
    })();
    for (;;) {
      const asker = sample("cluster.npz", "--cluster", cluster.nats.url);
      const percent = { now: 0, said: "" };
      asker.stderr.setEncoding("utf8").on("data", (text) => {
        percent.said += text;
        percent.now = Number(/(\d+)% pictures drawn\s*$/.exec(percent.said)?.[1] ?? percent.now);
        // Killed at even shares of what was left to draw.
        if (askersKilled < askerKills && percent.now > 100 / (askerKills + 2) && percent.now < 100) {
          askersKilled++;
          asker.kill("SIGKILL");
        }
      });
      const [code, signal] = await once(asker, "exit");
      if (code === 0) break;
      if (signal !== "SIGKILL") throw new Error(`sample ended with ${code}: ${percent.said}`);
      say(`who asked was killed at ${percent.now} %`);
    }
    const seconds = (performance.now() - began) / 1000;
    over = true;
    await killing;
    const left = await messagesOfSets(cluster.nats.url);
    const { "OBJ_flexvar-files": pieces = 0, ...kept } = left;
    const isClean = pieces <= workerKills && Object.values(kept).every((count) => count === 0);
    await cluster.stop();
    say(`drawn in ${seconds.toFixed(0)} s; now by one process`);
    const then = performance.now();
    const [code] = await once(sample("alone.npz"), "exit");
    if (code !== 0) throw new Error(`sample without a cluster ended with ${code}`);
    const alone = (performance.now() - then) / 1000;
    /** @param {string} name */
    const file = (name) => readFile(join(folder, name));
    const pairs = [
      ["cluster.npz", "alone.npz"],
      ["cluster.settings.json", "alone.settings.json"],
    ];
    const equal = await Promise.all(pairs.map(async ([a = "", b = ""]) => (await file(a)).equals(await file(b))));
    /** @type {{ fingerprint: string }[]} */
    const machines = JSON.parse(String(await file("cluster.machines.json")));
    return {
      ...{ total, seconds, alone, workerKills, askerKills: askersKilled, left, isClean },
      isEqual: equal.every(Boolean),
      machines: machines.map(({ fingerprint }) => fingerprint),
    };
  } finally {
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** How much of sets a cluster's store keeps. @param {string} url */
async function messagesOfSets(url) {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  /** @type {Record<string, number>} */
  const messages = {};
  for (const [stream, subjects_filter] of [
    ["FLEXVAR_WORK", "flexvar.work.*.*.set.>"],
    ["FLEXVAR_RESULTS", "flexvar.result.sets.>"],
    ["OBJ_flexvar-files", "$O.flexvar-files.C.>"],
  ]) {
    const { state } = await manager.streams.info(stream ?? "", { subjects_filter: subjects_filter ?? "" });
    messages[stream ?? ""] = Object.keys(state.subjects ?? {}).length;
  }
  await connection.close();
  return messages;
}
