/** An evaluation with a few numbers, for tests. */
import { type EvaluationResult, type InputRecord, metricNames } from "../../src/evaluate/index.ts";

export function exampleResult(numbers: Partial<Record<(typeof metricNames)[number], number>>): EvaluationResult {
  const input = (path: string): InputRecord => ({
    path,
    kind: "pictures",
    sha256: "0".repeat(64),
    split: null,
    count: 100,
    size: "64x64",
    protocol: "unknown",
    record: null,
    cached: false,
  });
  const of = <T>(value: (name: (typeof metricNames)[number]) => T) =>
    Object.fromEntries(metricNames.map((name) => [name, value(name)])) as Record<(typeof metricNames)[number], T>;
  return {
    ...of((name) => numbers[name] ?? null),
    version: 1,
    intervals: of((name) =>
      numbers[name] === undefined ? null : ([numbers[name] * 0.9, numbers[name] * 1.1] as const),
    ),
    replicates: of((name) => (numbers[name] === undefined ? 0 : 100)),
    missing: { sfid: "these features have no spatial part" },
    protocol: {
      features: "judge fashion",
      features_hash: "1".repeat(64),
      resize: null,
      size: "64x64",
      preparation: null,
    },
    pictures: input("samples.npz"),
    reference: input("data"),
    classes: [
      { label: "shirt", pictures: 10, correct: 6, taken_for: { label: "coat", pictures: 3 } },
      { label: "bag", pictures: 10, correct: 10, taken_for: null },
    ],
    seed: 0,
    versions: { flexvar: "0.1.0" },
    warnings: [],
  };
}
