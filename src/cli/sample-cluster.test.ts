import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hasNats, startNats, type TestNats } from "../../recipes/lib/nats-server.mjs";
import { runCli } from "../../test/support/run-cli.ts";
import type { FeatureSource } from "../classifier/index.ts";
import { type Cluster, openCluster, startWorker, type Worker } from "../cluster/index.ts";
import type { FeatureExtractor } from "../evaluate/index.ts";
import { batchSizes, localRenderer } from "../server/index.ts";
import { findFeatures, openFeatureSource } from "./evaluate-features.ts";
import { modelHash } from "./identity.ts";
import { silent } from "./reporter.ts";
import { run } from "./run.ts";
import { setMachines } from "./set-machines.ts";

const folder = fileURLToPath(new URL("../../models/fashion", import.meta.url));
let out: string;
let nats: TestNats;
let pipe: FlexVAR;
let cluster: Cluster;
const workers: Worker[] = [];
let judge: FeatureSource;
/** Pictures of which workers took features. */
let judged = 0;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), "flexvar-sample-cluster-"));
  if (!hasNats) return;
  nats = await startNats();
  pipe = await FlexVAR.fromPretrained(folder, { threads: 1 });
  cluster = await openCluster({ url: nats.url });
  const model = { name: "fashion", hash: await modelHash(folder), config: pipe.config };
  judge = await openFeatureSource(findFeatures({ features: "fashion" }), { threads: 1 });
  const counting: FeatureExtractor = {
    ...judge,
    extract(batch) {
      judged += batch.count;
      return judge.extract(batch);
    },
  };
  for (const id of ["a", "b"])
    workers.push(
      await startWorker({
        cluster,
        id,
        model,
        openRenderer: async () => ({ ...localRenderer(pipe), dispose: async () => {} }),
        fingerprint: "f0",
        about: { device: "cpu", dtype: "as stored", "onnxruntime-node": "1" },
        batchSize: batchSizes({ model }),
        judge: counting,
      }),
    );
});
afterAll(async () => {
  for (const worker of workers) await worker.stop();
  await cluster?.close();
  await nats?.stop();
  await judge?.close();
  await pipe?.dispose();
  await rm(out, { recursive: true, force: true });
});

const argv = (name: string, ...more: string[]): string[] => [
  ...[
    "sample",
    "--model",
    folder,
    "--scales",
    "1,2,4",
    "--seed",
    "3",
    "--total",
    "47",
    "--out",
    join(out, name),
    ...more,
  ],
];
const onCluster = (...more: string[]): string[] => ["--cluster", nats.url, "--shard-size", "4", ...more];
const file = (name: string): Promise<Buffer> => readFile(join(out, name));

describe.runIf(hasNats)("sample --cluster", { timeout: 60_000 }, () => {
  test("writes what a single process writes, also after a stop, and says who drew it", async () => {
    expect((await runCli(...argv("one.npz"))).code).toBe(0);
    const stop = new AbortController();
    const terminal = {
      out: () => {},
      err: (text: string) => void (text.includes("%") && stop.abort()),
      redraws: true,
      columns: 80,
    };
    expect(await run(argv("many.npz", ...onCluster()), terminal, stop.signal)).not.toBe(0);
    await expect(access(join(out, "many.npz"))).rejects.toThrow();
    const { code, err, out: text } = await runCli(...argv("many.npz", ...onCluster("--json")));
    expect([code, err]).toEqual([0, expect.not.stringContaining(" 0 of 47 are there")]);
    expect(JSON.parse(text)).toMatchObject({ total: 47, whole: true, machines: ["f0"] });
    expect(Buffer.compare(await file("many.npz"), await file("one.npz"))).toBe(0);
    expect(await file("many.settings.json")).toEqual(await file("one.settings.json"));
    expect(JSON.parse(`${await file("many.machines.json")}`)).toMatchObject([{ fingerprint: "f0" }]);
  });

  test("writes a folder as well", async () => {
    for (const [name, more] of [
      ["alone", []],
      ["together", onCluster()],
    ] as const)
      expect((await runCli(...argv(name, "--class", "dress,coat", ...more))).code).toBe(0);
    for (const place of ["settings.json", "dress/000002.png", "coat/000001.png"])
      expect(await file(`together/${place}`)).toEqual(await file(`alone/${place}`));
  });

  test("judges in evaluate and sweep as one process does, bit for bit, by features that workers take", async () => {
    expect((await runCli(...argv("real.npz", "--seed", "9"))).code).toBe(0);
    const numbers = async (command: string, ...more: string[]) => {
      const shared = [
        "--model",
        folder,
        "--scales",
        "1,2,4",
        "--against",
        join(out, "real.npz"),
        "--bootstrap",
        "0",
        "--total",
        "80",
        "--metrics",
        "fid,precision",
      ];
      const { code, err, out: text } = await runCli(command, ...shared, ...more, "--json");
      expect([code, err]).toEqual([0, expect.anything()]);
      const keys = new Set(["timings_ms", "peak_rss_bytes", "path", "file", "set", "versions"]);
      return JSON.parse(text, (key, value) => (keys.has(key) ? undefined : value));
    };
    const samples = (name: string): string[] => ["--samples", join(out, name), "--cache", join(out, `cache-${name}`)];
    const many = ["--cluster", nats.url];
    const evaluated = await numbers("evaluate", ...samples("a.npz"));
    expect(evaluated.fid).toBeGreaterThan(0);
    expect(await numbers("evaluate", ...samples("b.npz"), ...many)).toEqual(evaluated);
    expect(judged).toBe(80);
    const vary = ["--vary", "guidance=2"];
    const swept = await numbers("sweep", ...vary, "--out", join(out, "sweep"));
    expect(await numbers("sweep", ...vary, "--out", join(out, "sweep-many"), ...many)).toEqual(swept);
    expect(judged).toBe(160);
  });

  test("refuses what only a single process follows", async () => {
    const { code, err } = await runCli(...argv("x.npz", "--cluster", nats.url, "--threads", "1"));
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("--threads: expected without --cluster (FLEXVAR_CLUSTER) only"),
    ]);
    const without = await runCli(...argv("x.npz", "--shard-size", "4"));
    expect([without.code, without.err]).toEqual([2, expect.stringContaining("--shard-size: expected with --cluster")]);
  });
});

describe.runIf(hasNats)("the machines of a set", () => {
  test("are others only once none of the first was there for a while, and are remembered", async () => {
    const [{ hash }] = [{ hash: await modelHash(folder) }];
    const first = { fingerprint: "gone", about: {}, workers: [] };
    const request = { cluster, hash, fits: () => true, report: silent, first, isBegun: false };
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const machines = await setMachines(join(out, "crossed.npz"), request);
      expect(await machines.now()).toBe("gone");
      vi.advanceTimersByTime(30_000);
      expect(await machines.now()).toBe("f0");
      expect(machines.all()).toEqual(["gone", "f0"]);
    } finally {
      vi.useRealTimers();
    }
    const again = await setMachines(join(out, "crossed.npz"), { ...request, isBegun: true });
    expect([await again.now(), again.all()]).toEqual(["f0", ["gone", "f0"]]);
  });
});
