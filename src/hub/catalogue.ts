/** Released weights by name. */
import type { HubReference } from "./reference.ts";

/** A released checkpoint that becomes a model folder. */
export interface KnownModel {
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Parameters of the transformer, in millions, as its authors give them. */
  readonly parameters: number;
  readonly tokenizer: CheckpointFile;
  readonly transformer: CheckpointFile;
}

/** A file on the hub; where its authors give two places for it, the first that is there counts. */
export interface CheckpointFile {
  readonly at: HubReference;
  readonly paths: readonly string[];
}

const AUTHORS: HubReference = { repo: "jiaosiyu1999/FlexVAR", revision: "main", folder: "" };
const SAR: HubReference = { repo: "ZGZzz/SAR", revision: "main", folder: "" };
const TOKENIZER: CheckpointFile = { at: AUTHORS, paths: ["FlexVAE.pth"] };

/** Depth, parameters in millions, last epoch of each released size. */
const SIZES = [
  [16, 310, 179],
  [20, 600, 249],
  [24, 1000, 349],
] as const;

/**
 * The models that a name brings: the authors' (arXiv 2502.20313), and those that Self-Autoregressive Refinement trained
 * further (arXiv 2512.06421). All draw the 1000 classes of ImageNet at 256 × 256 pixels.
 */
export const knownModels: readonly KnownModel[] = SIZES.flatMap(([depth, parameters, epoch]) => [
  {
    name: `flexvar-d${depth}`,
    about: `ImageNet, 256 px, depth ${depth}`,
    parameters,
    tokenizer: TOKENIZER,
    transformer: { at: AUTHORS, paths: [`FlexVARd${depth}-epo${epoch}.pth`] },
  },
  {
    name: `flexvar-d${depth}-sar`,
    about: `ImageNet, 256 px, depth ${depth}, trained further by SAR`,
    parameters,
    tokenizer: TOKENIZER,
    transformer: { at: SAR, paths: [`SARd${depth}-epo${epoch}.pth`, `pretrained/SARd${depth}-epo${epoch}.pth`] },
  },
]);

export const knownModel = (name: string): KnownModel | undefined => knownModels.find((known) => known.name === name);
