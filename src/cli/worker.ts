/** `flexvar worker`: draws what front ends of a cluster are asked for. */
import { hostname } from "node:os";
import type { Command } from "commander";
import { version as flexvar } from "../../package.json";
import { fingerprintOf, startWorker, type WorkerOptions } from "../cluster/index.ts";
import { installation } from "../runtime/node.ts";
import { batchSizes } from "../server/index.ts";
import { addClusterFlags, type ClusterFlags, openClusterOf } from "./cluster-flags.ts";
import type { CommandWork, Outcome, Running } from "./command.ts";
import { type FeatureFlags, findFeatures, openFeatureSource } from "./evaluate-features.ts";
import { addBatchFlag, addComputeFlags, type ComputeFlags } from "./flags.ts";
import type { Reporter } from "./reporter.ts";
import { openServed } from "./served.ts";

interface WorkerFlags extends ComputeFlags, ClusterFlags, FeatureFlags {
  readonly batch?: number;
  readonly also?: readonly string[];
}

export function define(command: Command): CommandWork {
  addClusterFlags(addComputeFlags(command), true);
  addBatchFlag(command, "most pictures side by side; 8 by default, fewer where grids are large", 256);
  command.option(
    "--also <MODEL...>",
    "further models whose work is taken; one is open at a time, and what drew with it ends with its memory when another's work comes",
  );
  command
    .optionsGroup("Features:")
    .option(
      "--features <inception|DIR|name>",
      "network whose features of sets are taken here for `flexvar evaluate` and `sweep --cluster`, as they take it; none by default",
    )
    .option("--weights <F.pth>", "Inception's weights: the published PyTorch conversion")
    .option("--resize <MODE>", "how Inception's pictures reach 299 px; tensorflow-bilinear by default");
  command.description(
    "Draws what the front ends of a cluster (flexvar serve --cluster) are asked for, and sets when they ask for nothing (flexvar sample, " +
      "evaluate and sweep --cluster), on as many machines as it is started. The first " +
      "Ctrl-C lets the scale at work end and gives the rest back, a second ends at once; nothing is lost either way.",
  );
  return {
    examples: ["flexvar worker --cluster nats://queue.example.org:4222 --model emoji"],
    work: (_, flags: WorkerFlags, running) => work(flags, running),
  };
}

async function work(flags: WorkerFlags, { report, signal }: Running): Promise<Outcome> {
  const id = `${hostname().replaceAll(/[^A-Za-z0-9-]/g, "-")}-${process.pid}-${crypto.randomUUID().slice(0, 6)}`;
  const cluster = await openClusterOf(flags, { name: `flexvar worker ${id}`, onMessage: (line) => report.log(line) });
  const isJudging = (flags.features ?? flags.weights ?? flags.resize) !== undefined;
  const judge = isJudging ? await openFeatureSource(findFeatures(flags), flags) : undefined;
  try {
    const [first, ...others] = await openAll(flags, report);
    const onMessage = (line: string): void => report.log(line);
    const options = (kind: Kind, number: number): WorkerOptions => ({
      ...{ cluster, judge, onMessage, ...kind },
      id: number === 0 ? id : `${id}-${number + 1}`,
      batchSize: batchSizes({
        model: kind.model,
        batchSize: flags.batch === undefined ? undefined : () => flags.batch!,
      }),
    });
    const worker = await startWorker(options(first, 0), ...others.map((kind, i) => options(kind, i + 1)));
    for (const { model, fingerprint } of [first, ...others])
      report.log(`worker ${id} takes work of ${model.name} (${model.hash}, ${fingerprint})`);
    const stop = (): void => {
      report.log("stopping: the scale at work ends first");
      void worker.stop().catch(() => undefined);
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    await worker.ended;
    return { json: { id, fingerprint: first.fingerprint } };
  } finally {
    await judge?.close();
    await cluster.close();
  }
}

type Kind = Pick<WorkerOptions, "model" | "openRenderer" | "fingerprint" | "about">;

/** Every model opened once, and timed; the first stays open. */
async function openAll(flags: WorkerFlags, report: Reporter): Promise<[Kind, ...Kind[]]> {
  const others: Kind[] = [];
  for (const model of flags.also ?? []) others.push(await openKind({ ...flags, model }, report, false));
  return [await openKind(flags, report, true), ...others];
}

async function openKind(flags: WorkerFlags, report: Reporter, stays: boolean): Promise<Kind> {
  const { model, renderer, reopen, device } = await openServed(flags, report);
  if (!stays) await renderer.dispose();
  const { dtype = "as stored" } = flags;
  const { version } = installation();
  let first = stays ? renderer : undefined;
  return {
    ...(await fingerprintOf({ model: model.hash, device, dtype, flexvar, "onnxruntime-node": version })),
    model,
    openRenderer: async () => {
      const opened = first ?? (await reopen());
      first = undefined;
      return opened;
    },
  };
}
