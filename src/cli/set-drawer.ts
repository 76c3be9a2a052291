/** What draws sets: a model in this process, or the workers of a cluster that have it. */
import { computedBy, type FlexVARPipeline } from "../pipelines/index.ts";
import type { ClusterFlags } from "./cluster-flags.ts";
import type { Running } from "./command.ts";
import { openCosts } from "./cost.ts";
import { UsageError } from "./errors.ts";
import type { ComputeFlags } from "./flags.ts";
import { withModel } from "./model.ts";
import { drawSet, type PlannedSet, planSet, type SetRequest, type Shard } from "./sample-set.ts";
import type { WantedFeatures } from "./set-features.ts";

/** Draws sets of one model. */
export interface SetDrawer {
  /** What computes, in words. */
  readonly description: string;
  /** Time inside ONNX Runtime's `run` so far, where it is this process's. */
  runMilliseconds(): number | undefined;
  /** Decides a set's settings. @throws OptionError for options that the model cannot follow */
  plan(request: Pick<SetRequest, "total" | "input" | "batch">): Promise<PlannedSet>;
  /** Draws the pictures that a set lacks. */
  draw(out: string, plan: PlannedSet, parts?: SetParts): Promise<DrawnSet>;
}

export interface SetParts {
  /** What this process is to draw. */
  readonly shard?: Shard | undefined;
  /** Pictures that a worker of a cluster draws at a time. */
  readonly shardSize?: number | undefined;
  /** Features that are wanted beside the pictures, where whoever draws can take them. */
  readonly features?: WantedFeatures | undefined;
}

export interface DrawnSet {
  /** How many were drawn. */
  readonly drawn: number;
  /** Whether every picture is there. */
  readonly whole: boolean;
  /** Fingerprints of the machines of a cluster that drew it; more than one where those of the first were gone. */
  readonly machines?: readonly string[];
}

/** Opens what draws for as long as `use` takes. @param flags with `--cluster`, nothing of a model but its configuration is opened here */
export async function withDrawer<T>(
  folder: string,
  flags: ComputeFlags & ClusterFlags,
  running: Running,
  use: (drawer: SetDrawer) => Promise<T>,
): Promise<T> {
  if (flags.cluster !== undefined) {
    const { withClusterDrawer } = await import("./set-cluster.ts");
    return await withClusterDrawer(folder, flags, running, use);
  }
  return await withModel(folder, flags, running.report, (pipe) => use(localDrawer(pipe, folder, flags, running)));
}

function localDrawer(pipe: FlexVARPipeline, folder: string, flags: ComputeFlags, running: Running): SetDrawer {
  let costs: ReturnType<typeof openCosts> | undefined;
  return {
    description: pipe.runtime.description,
    runMilliseconds: () => pipe.runtime.runMilliseconds(),
    async plan(request) {
      costs ??= openCosts(pipe, flags);
      const model = { config: pipe.config, computed: computedBy(pipe.networks) };
      return planSet(model, { ...request, folder, costs: await costs, report: running.report });
    },
    draw: (out, plan, parts) => drawSet(pipe, out, plan, running, parts?.shard),
  };
}

/** Flags of how one process draws. */
export const DRAWS_ALONE = ["batch", "lowMemory", "memory"];

/** Flags that say how a process draws, which with `--cluster` are the workers' own. @throws UsageError naming the first that was given */
export function expectAlone(flags: object & ClusterFlags, names: readonly string[]): void {
  if (flags.cluster === undefined) return;
  const given = names.find((name) => name in flags);
  if (given === undefined) return;
  const flag = given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UsageError(`--${flag}: expected without --cluster (FLEXVAR_CLUSTER) only, whose workers have their own`);
}
