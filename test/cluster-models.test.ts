/** A worker of two models that changes between them again and again: its memory stays what it was, for what drew ends each time. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { ask, startCluster } from "../recipes/lib/cluster.mjs";
import { hasNats } from "../recipes/lib/nats-server.mjs";
import { buildCli } from "./support/cli.ts";

beforeAll(buildCli, 120_000);

const CHANGES = 8;
/** More than this over what it was after the first changes would be a leak; one pair of sessions of either model takes more. */
const GROWTH = 1.2;

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);

/** Bytes that a process and its children have in memory. */
const residentBytes = (pid: number): number =>
  [pid, ...childrenOf(pid)].reduce(
    (sum, id) => sum + 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0),
    0,
  );

test.runIf(hasNats && process.platform === "linux")(
  "changing models neither grows the worker nor changes a picture",
  async () => {
    const models = ["fashion", "emoji"];
    const cluster = await startCluster({
      model: "fashion",
      workers: 1,
      frontModels: models,
      workerArgs: ["--also", "emoji"],
    });
    try {
      const pid = cluster.workers[0]!.pid()!;
      const seen: { picture: string; bytes: number; drawing: number }[] = [];
      for (let i = 0; i < CHANGES; i++) {
        const front = cluster.fronts[i % 2]!;
        const body = { class_labels: [1], seed: 7 };
        const { status, result } = await ask([front], { path: "/v1/images/generations", body });
        expect(status).toBe("done");
        seen.push({ picture: result.data[0].b64_json, bytes: residentBytes(pid), drawing: childrenOf(pid).length });
      }
      for (const model of [0, 1]) {
        const own = seen.filter((_, i) => i % 2 === model);
        expect(new Set(own.map(({ picture }) => picture)).size).toBe(1);
        expect(own.map(({ drawing }) => drawing)).toEqual(own.map(() => 1));
        const [, second, ...rest] = own.map(({ bytes }) => bytes);
        expect(Math.max(...rest) / second!).toBeLessThan(GROWTH);
      }
    } finally {
      await cluster.stop();
    }
  },
  180_000,
);
