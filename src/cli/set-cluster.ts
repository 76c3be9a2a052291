/** Sets drawn by the workers of a cluster: cut into shards by a plan that depends on the call alone, each drawn by any of them. */
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, collectSet, type MachineClass, machinesOf, type SetShard } from "../cluster/index.ts";
import { FEATURE_BATCH } from "../evaluate/index.ts";
import { type Costs, createCostModel, generateStages, recordedDevice, resolvePlan } from "../pipelines/index.ts";
import { type ModelConfig, storedType } from "../pretrained/index.ts";
import { type ClusterFlags, openClusterOf } from "./cluster-flags.ts";
import type { Running } from "./command.ts";
import type { ComputeFlags } from "./flags.ts";
import { labelIn, openSet, type PlannedSet, planSet } from "./sample-set.ts";
import { type KnownModel, knownModel } from "./served.ts";
import type { DrawnSet, SetDrawer, SetParts } from "./set-drawer.ts";
import { keepFeatures, type WantedFeatures } from "./set-features.ts";
import { setMachines } from "./set-machines.ts";

/** What a shard takes at most, where one picture does not take more: a few seconds of two cores. */
const SHARD_FLOPS = 2e11;
const MOST_PICTURES = 64;
/** How often workers are looked for, in ms. */
const LOOK_MS = 1000;

interface ClusterSets {
  readonly cluster: Cluster;
  readonly known: KnownModel;
  readonly running: Running;
  readonly fits: (about: Readonly<Record<string, string>>) => boolean;
}

/** Connects, waits for workers of the model, and lets them draw. */
export async function withClusterDrawer<T>(
  folder: string,
  flags: ComputeFlags & ClusterFlags,
  running: Running,
  use: (drawer: SetDrawer) => Promise<T>,
): Promise<T> {
  const known = await knownModel({ ...flags, model: folder });
  const cluster = await openClusterOf(flags, { name: "flexvar set", onMessage: (line) => running.report.log(line) });
  try {
    const { device = "auto", dtype } = flags;
    const stored = storedType(known.model.config);
    const sets: ClusterSets = {
      cluster,
      known,
      running,
      fits: (about) => (device === "auto" || about.device === device) && typeOf(about, stored) === (dtype ?? stored),
    };
    return await use(drawerOf(sets, await firstMachines(sets)));
  } finally {
    await cluster.close();
  }
}

const typeOf = ({ dtype }: Readonly<Record<string, string>>, stored: string): string | undefined =>
  dtype === "as stored" ? stored : dtype;

/** The machines of most workers; waits for one. */
async function firstMachines(sets: ClusterSets): Promise<MachineClass> {
  const { running, cluster, known } = sets;
  const { name, hash } = known.model;
  for (let isSaid = false; ; isSaid = true) {
    running.signal.throwIfAborted();
    const [first] = await machinesOf(cluster, hash, sets.fits);
    if (first !== undefined) return first;
    if (!isSaid) running.report.log(`waiting for a worker of ${name} (${hash})`);
    await sleep(LOOK_MS, undefined, { signal: running.signal }).catch(() => undefined);
  }
}

function drawerOf(sets: ClusterSets, first: MachineClass): SetDrawer {
  const { config } = sets.known.model;
  const { folder } = sets.known;
  const { about } = first;
  const { device } = about;
  return {
    description: `onnxruntime-node ${about["onnxruntime-node"]}, ${device}`,
    runMilliseconds: () => undefined,
    plan: (request) => {
      const computed = { dtype: typeOf(about, storedType(config)), device };
      return planSet(
        { config, computed },
        { ...request, folder, costs: costsOf(config, first), report: sets.running.report },
      );
    },
    draw: (out, plan, parts) => drawShards(sets, out, plan, first, parts),
  };
}

/** What a set is let in by: the least memory of a worker, and the work of all that are there. */
function costsOf(config: ModelConfig, { workers }: MachineClass): Costs | undefined {
  const budgets = workers.flatMap(({ budget }) => (budget === undefined ? [] : [budget]));
  const least = budgets.sort((a, b) => a.memoryBytes - a.idleBytes - (b.memoryBytes - b.idleBytes))[0];
  if (least === undefined || config.transformer === null) return undefined;
  const { transformer, tokenizer, call } = least.rate;
  const n = workers.length;
  const rate = { transformer: n * transformer, tokenizer: n * tokenizer, call: call / n };
  return { model: createCostModel(config), budget: { ...least, rate } };
}

/** Pictures of a shard: a power of two, by what one of them takes. */
function usualSize(config: ModelConfig, { input }: PlannedSet): number {
  const { transformerFlops, tokenizerFlops } = createCostModel(config).cost(
    generateStages(resolvePlan(config, input), 1, 1),
  );
  const most = Math.min(MOST_PICTURES, SHARD_FLOPS / (transformerFlops + tokenizerFlops));
  return 2 ** Math.max(0, Math.floor(Math.log2(most)));
}

const takesFeatures = ({ workers }: MachineClass, { extractor }: WantedFeatures): boolean =>
  workers.every(({ judge }) => judge === extractor.hash);

async function drawShards(
  { cluster, known, running, fits }: ClusterSets,
  out: string,
  plan: PlannedSet,
  first: MachineClass,
  { shardSize, features: wanted }: SetParts = {},
): Promise<DrawnSet> {
  const { report, signal } = running;
  const { config, hash } = known.model;
  const features = wanted !== undefined && takesFeatures(first, wanted) ? wanted : undefined;
  if (wanted !== undefined && features === undefined)
    report.log("features are taken here: the workers were not started with the network (flexvar worker --features)");
  const usual = shardSize ?? usualSize(config, plan);
  // Whole batches, so that features are those of one process.
  const size = features === undefined ? usual : FEATURE_BATCH * Math.ceil(usual / FEATURE_BATCH);
  const { classes, total, width, height, input } = plan;
  const { store, missing, there } = await openSet(out, plan, config.id2label);
  report.log(`${missing.length} pictures to draw in shards of ${size}, ${there} of ${total} are there`);
  const lacking = new Set(missing);
  const numbersOf = (shard: number): number[] =>
    Array.from({ length: Math.min(size, total - shard * size) }, (_, i) => shard * size + i);
  const shards = [...new Set(missing.map((number) => Math.floor(number / size)))].map((number): SetShard => {
    const pictures = numbersOf(number).map((i) => [labelIn(plan, i), Math.floor(i / classes.length)] as const);
    return { number, pictures };
  });
  const device = recordedDevice(first.about.device);
  const machines = await setMachines(out, {
    cluster,
    hash,
    fits: (about) => fits(about) && recordedDevice(about.device) === device,
    report,
    first,
    isBegun: there > 0,
  });
  const name = createHash("sha256")
    .update(JSON.stringify([1, plan.settings, size, features?.extractor.hash, features?.at]))
    .digest("hex")
    .slice(0, 24);
  const pictureBytes = width * height * 3;
  let drawn = 0;
  if (shards.length > 0)
    await collectSet(cluster, {
      name,
      model: hash,
      input,
      pictureBytes,
      shards,
      ...(features && { features: { hash: features.extractor.hash, at: features.at } }),
      machines: () => machines.now(),
      signal,
      onMessage: (line) => report.log(line),
      async onShard({ number }, { pixels, features: rows }) {
        for (const [i, bytes] of rows.entries())
          if (features !== undefined) await keepFeatures(features, number * size + i * FEATURE_BATCH, bytes);
        for (const [i, picture] of numbersOf(number).entries()) {
          if (!lacking.has(picture)) continue;
          const data = pixels.subarray(i * pictureBytes, (i + 1) * pictureBytes);
          await store.add(picture, { width, height, data });
          drawn++;
        }
        report.progress(drawn, missing.length, "pictures drawn");
      },
    });
  return { drawn: missing.length, whole: await store.finish(), machines: machines.all() };
}
