// What of a sweep is kept in the repository, and its table.
import { markdownTable } from "./numbers.mjs";

const METRICS = ["fid", "inception_score", "precision", "recall", "kid", "class_accuracy", "accuracy_ratio"];
const TITLES = ["FID", "IS", "Precision", "Recall", "KID", "Class accuracy", "Accuracy ratio"];
const SHARES = new Set(["precision", "recall", "class_accuracy"]);

/**
 * The document of `flexvar sweep --json` without paths of this machine: numbers, intervals, protocol, hashes, versions. Values
 * that are compared with a reference of their own name it.
 */
export function published({ total, sweeps }) {
  const [{ option, values }] = sweeps;
  const [{ protocol, reference, versions }] = values;
  return {
    option,
    total,
    protocol,
    reference: referenceOf(reference),
    versions,
    values: values.map(({ value, intervals, replicates, pictures, ...numbers }) => ({
      value,
      ...(numbers.reference.sha256 !== reference.sha256 && { reference: referenceOf(numbers.reference) }),
      settings: JSON.parse(pictures.record),
      pictures: pictures.sha256,
      numbers: pick(numbers),
      intervals: pick(intervals),
      replicates: pick(replicates),
    })),
  };
}

const referenceOf = ({ sha256, split, count }) => ({ sha256, split, count });

const pick = (of) => Object.fromEntries(METRICS.map((metric) => [metric, of[metric]]));

/** A Markdown table: a row for each value, intervals beside. */
export function claimTable({ option, total, reference, protocol, values }) {
  const there = METRICS.filter((metric) => values.some(({ numbers }) => numbers[metric] !== null));
  const head = [option, ...there.map((metric) => TITLES[METRICS.indexOf(metric)])];
  const rows = values.map(({ value, numbers, intervals }) => [
    value,
    ...there.map((metric) => {
      if (numbers[metric] === null) return "—";
      const interval = intervals[metric]?.map((end) => shown(end, metric)).join(" to ");
      return `${shown(numbers[metric], metric)}${interval === undefined ? "" : ` (${interval})`}`;
    }),
  ]);
  const each = values.some((one) => one.reference !== undefined) ? " of its own" : "";
  const side = reference.split === null ? "" : `, ${reference.split}`;
  return [
    `${total} pictures at each value against ${reference.count}${each}${side}, compared by ${protocol.features}; 95 % intervals.\n`,
    markdownTable(head, rows, `| --- |${" ---: |".repeat(there.length)}`),
    "",
  ].join("\n");
}

function shown(value, metric) {
  if (SHARES.has(metric)) return `${(100 * value).toFixed(1)} %`;
  return Math.abs(value) < 1 ? value.toFixed(4) : value.toPrecision(4);
}
