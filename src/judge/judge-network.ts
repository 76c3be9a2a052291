/** The networks that a judge can have, behind one set of functions. */
import type { Tensor } from "../engine/index.ts";
import type { ParamDecl, Params } from "../nn/index.ts";
import { type DiscriminantConfig, declareDiscriminant, discriminantInput, discriminate } from "./discriminant.ts";
import {
  type ClassifierConfig,
  featureWidth as classifierWidth,
  classify,
  declareClassifier,
  pictureInput,
  sideMultiple,
} from "./network.ts";

export type JudgeNetwork = ClassifierConfig | DiscriminantConfig;

export const isDiscriminant = (network: JudgeNetwork): network is DiscriminantConfig => "kind" in network;

/** Width of the features. */
export const featureWidth = (network: JudgeNetwork): number =>
  isDiscriminant(network) ? network.width : classifierWidth(network);

export const declareNetwork = (network: JudgeNetwork): ParamDecl[] =>
  isDiscriminant(network) ? declareDiscriminant(network) : declareClassifier(network);

/** Pictures to `features` [B, C] and `logits` [B, K]. */
export const judgeGraph = (p: Params, network: JudgeNetwork): { features: Tensor; logits: Tensor } =>
  isDiscriminant(network) ? discriminate(p, discriminantInput(network)) : classify(p, network, pictureInput(network));

/** The side nearest to a picture's that the network takes. */
export function takenSide(network: JudgeNetwork, side: number): number {
  return isDiscriminant(network) ? network.side : nearestMultiple(side, sideMultiple(network));
}

export const nearestMultiple = (side: number, multiple: number): number =>
  Math.max(multiple, Math.round(side / multiple) * multiple);
