/** Evaluations as people read them. */
import {
  type EvaluationResult,
  type InputRecord,
  type MetricDifference,
  type MetricName,
  metricDirection,
  metricNames,
  overallVerdict,
} from "../evaluate/index.ts";
import { metricInfo, textColumns } from "../report/index.ts";

/** Titles that say more than a report's, which shows units beside the numbers. */
const FULLER: { readonly [K in MetricName]?: string } = {
  accuracy_ratio: "accuracy / reference's",
  psnr: "PSNR, dB",
  codebook_used: "codes used, share",
  codebook_perplexity: "codes, perplexity",
};

/** A metric as a line's heading: words small, abbreviations and names as they are. */
const titleOf = (name: MetricName): string =>
  FULLER[name] ??
  (name === "inception_score"
    ? metricInfo[name].title
    : metricInfo[name].title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()));

const number = (value: number): string => String(Number(value.toPrecision(4)));
const interval = (range: readonly [number, number] | null): string =>
  range === null ? "" : `${number(range[0])} to ${number(range[1])}`;

/** The numbers that there are, each with its interval, and what they were made of. */
export function resultTable(result: EvaluationResult): string {
  const there = metricNames.filter((name) => result[name] !== null);
  const rows = there.flatMap((name) => {
    const better = metricDirection(name);
    const count = result.replicates[name];
    const how = result.intervals[name] === null ? "" : count > 0 ? `${count} replicates` : "Wilson";
    const note = [better === "neither" ? "" : `${better} is better`, how].filter((part) => part !== "").join(", ");
    const row = [titleOf(name), number(result[name]!), interval(result.intervals[name]), note];
    return [row, ...referenceRows(result, name)];
  });
  const { protocol, pictures, reference, versions } = result;
  const absent = metricNames.filter((name) => (result.missing[name] ?? "not asked for") !== "not asked for");
  const reasons = new Map<string, string[]>();
  for (const name of absent) {
    const reason = result.missing[name]!;
    reasons.set(reason, [...(reasons.get(reason) ?? []), titleOf(name)]);
  }
  return [
    textColumns([["metric", "value", "95 % interval", ""], ...rows]),
    "",
    `pictures:  ${inputLine(pictures)}`,
    `reference: ${inputLine(reference)}`,
    `features:  ${protocol.features === null ? "none" : `${protocol.features} (${short(protocol.features_hash)})`}` +
      `, at ${protocol.size ?? "unknown size"} (${protocol.preparation ?? "preparation unknown"})`,
    `versions:  ${Object.entries(versions)
      .map(([name, version]) => `${name} ${short(version)}`)
      .join(", ")}; seed ${result.seed}`,
    ...(there.some((name) => name === "fid" || name === "rfid" || name === "sfid")
      ? ["Fréchet distances fall as pictures are added: compare equal counts only."]
      : []),
    ...[...reasons].map(([reason, names]) => `without ${names.join(", ")}: ${reason}`),
  ].join("\n");
}

/** What the reference's own pictures reach in a share, where they are labelled. */
function referenceRows({ reference_accuracy, reference_top }: EvaluationResult, name: MetricName): string[][] {
  const theirs = name === "class_accuracy" ? reference_accuracy : reference_top?.[name];
  if (!theirs) return [];
  const count = reference_accuracy ? `, ${reference_accuracy.pictures} pictures` : "";
  return [[titleOf(name), number(theirs.value), interval(theirs.interval), `of the reference${count}, Wilson`]];
}

function inputLine({ path, kind, count, size, split, sha256, protocol, cached }: InputRecord): string {
  const what = `${count ?? "an unknown number of"} ${kind === "statistics" ? "pictures' statistics" : "pictures"}`;
  const which = [
    size,
    split,
    `sha256 ${short(sha256)}`,
    `protocol ${protocol}`,
    cached ? "features from the cache" : null,
  ];
  return `${what}, ${path} (${which.filter((part) => part !== null).join(", ")})`;
}

const short = (hash: string | null): string =>
  hash !== null && hash.length > 20 ? hash.slice(0, 12) : (hash ?? "unknown");

/** Before and after, with the verdict. */
export function differenceTable(differences: readonly MetricDifference[]): string {
  const rows = differences.map(({ metric, before, after, difference, interval: range, verdict }) => [
    titleOf(metric),
    number(before),
    number(after),
    `${difference > 0 ? "+" : ""}${number(difference)}`,
    interval(range),
    verdict,
  ]);
  return [
    textColumns([["metric", "before", "after", "difference", "95 % interval", "verdict"], ...rows]),
    "",
    `verdict: ${overallVerdict(differences)}`,
  ].join("\n");
}
