/** A model opened for work that comes from elsewhere: what a server and a worker share. */
import { basename, resolve } from "node:path";
import { decideDevice } from "../devices/node.ts";
import { builtWorker } from "../files/index.ts";
import type { FromPretrainedOptions } from "../open.ts";
import { type Costs, createCostModel } from "../pipelines/index.ts";
import { type ModelConfig, storedType } from "../pretrained/index.ts";
import { openFolder } from "../pretrained/node.ts";
import { type ComputeType, expectDtype } from "../runtime/node.ts";
import { DEFAULT_LIMITS, localRenderer, type Renderer, remoteRenderer, type ServedModel } from "../server/index.ts";
import { budgetBytes, checkedBudget } from "./cost.ts";
import type { ComputeFlags } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath } from "./model.ts";
import { rendererProcess } from "./renderer-process.ts";
import type { Reporter } from "./reporter.ts";

/** What is known of a model without opening its weights. */
export interface KnownModel {
  readonly folder: string;
  readonly model: ServedModel;
}

/** The model of `--model`. */
export async function knownModel(flags: ComputeFlags): Promise<KnownModel> {
  const folder = findModel(flags.model);
  const { config, close } = await openFolder(folder);
  await close();
  const { dtype } = flags;
  return { folder, model: { name: basename(resolve(folder)), hash: await modelHash(folder), config, dtype } };
}

/** A model that draws. */
export interface OpenedModel {
  readonly model: ServedModel;
  readonly renderer: Renderer;
  /** Opens what draws once more. */
  readonly reopen: () => Promise<Renderer>;
  readonly device: string;
}

/** Opens what draws with the model of `--model`, and times it. */
export async function openServed(flags: ComputeFlags, report: Reporter): Promise<OpenedModel & KnownModel> {
  const { folder, model } = await knownModel(flags);
  report.log(`opening ${shownPath(folder)}`);
  const { device: wanted, dtype, threads, lowMemory } = flags;
  const type = dtype ?? storedType(model.config);
  expectDtype(type);
  const device = await decideDevice({ device: wanted, dtype: type, threads, onMessage: (line) => report.log(line) });
  const reopen = () => openRenderer(folder, { device, dtype, threads, lowMemory });
  const renderer = await reopen();
  try {
    return {
      folder,
      model: { ...model, device, costs: await costsOf(renderer, model.config, type, flags) },
      renderer,
      reopen,
      device,
    };
  } catch (error) {
    await renderer.dispose();
    throw error;
  }
}

/** What requests are checked with: the model's sizes, this machine's rate, and the memory that the process may take. */
async function costsOf(
  renderer: Renderer,
  config: ModelConfig,
  dtype: ComputeType,
  flags: ComputeFlags,
): Promise<Costs | undefined> {
  const calibration = config.transformer === null ? undefined : await renderer.calibrate?.();
  if (calibration === undefined) return undefined;
  const seconds = DEFAULT_LIMITS.jobMs / 1000;
  return {
    model: createCostModel(config, dtype),
    budget: checkedBudget({ ...calibration, memoryBytes: budgetBytes(flags), seconds }),
  };
}

/** The model in a process of its own. Sources run where a process cannot load TypeScript: there in this one. */
async function openRenderer(folder: string, options: FromPretrainedOptions): Promise<Renderer> {
  const file = builtWorker("renderer");
  if (file !== undefined) return remoteRenderer(rendererProcess(file, { folder, options }));
  return localRenderer(await (await import("../open.ts")).FlexVAR.fromPretrained(folder, options));
}
