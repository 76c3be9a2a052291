import type { EvaluationResult, MetricName } from "../../src/evaluate/index.ts";

type Numbers = Partial<Pick<EvaluationResult, MetricName>>;

export interface Claim {
  readonly option: string;
  readonly total: number;
  readonly protocol: EvaluationResult["protocol"];
  readonly reference: Pick<EvaluationResult["reference"], "sha256" | "split" | "count">;
  readonly versions: EvaluationResult["versions"];
  readonly values: readonly {
    readonly value: string;
    readonly settings: unknown;
    readonly pictures: string;
    readonly numbers: Numbers;
    readonly intervals: Partial<EvaluationResult["intervals"]>;
    readonly replicates: Partial<EvaluationResult["replicates"]>;
  }[];
}

export function published(document: {
  readonly total: number;
  readonly sweeps: readonly {
    readonly option: string;
    readonly values: readonly ({ readonly value: string } & EvaluationResult)[];
  }[];
}): Claim;

export function claimTable(claim: Claim): string;
