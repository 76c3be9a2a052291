/** The parts of a report that show one evaluation. */
import {
  type EvaluationResult,
  type InputRecord,
  type MetricName,
  metricDirection,
  metricNames,
} from "../evaluate/index.ts";
import { parseJson } from "../json/index.ts";
import type { Block, Cell, NumberFormat, Section } from "./document.ts";
import { shownInterval, shownNumber } from "./numbers.ts";

interface MetricInfo {
  readonly title: string;
  readonly format: NumberFormat;
  /** What it says, in a few words. */
  readonly meaning: string;
}

/** How each number is called and shown. */
export const metricInfo: Readonly<Record<MetricName, MetricInfo>> = {
  fid: { title: "FID", format: "number", meaning: "distance of the two sets' Gaussians in feature space" },
  sfid: { title: "sFID", format: "number", meaning: "the same on spatial features" },
  inception_score: { title: "Inception Score", format: "number", meaning: "sure classes, evenly spread" },
  precision: { title: "Precision", format: "share", meaning: "pictures that lie among the real ones" },
  recall: { title: "Recall", format: "share", meaning: "real pictures that lie among these" },
  kid: { title: "KID", format: "number", meaning: "kernel distance, without bias from the number of pictures" },
  fid_shallow: { title: "FID, shallow", format: "number", meaning: "the same on colours, edges and lines of pixels" },
  patch_fine: { title: "Patch distance, fine", format: "number", meaning: "distance of patches, place by place" },
  patch_coarse: { title: "Patch distance, coarse", format: "number", meaning: "the same at half the pictures' size" },
  class_accuracy: { title: "Class accuracy", format: "share", meaning: "pictures that are given the class asked for" },
  top5_accuracy: {
    title: "Class among five",
    format: "share",
    meaning: "pictures whose class is among the five likeliest",
  },
  group_accuracy: {
    title: "Group accuracy",
    format: "share",
    meaning: "pictures that are given the group of their class",
  },
  group_top5_accuracy: {
    title: "Group among five",
    format: "share",
    meaning: "pictures whose group is among the five likeliest",
  },
  accuracy_ratio: { title: "Accuracy ratio", format: "number", meaning: "class accuracy over that on the reference" },
  rfid: { title: "rFID", format: "number", meaning: "FID of reconstructions" },
  psnr: { title: "PSNR", format: "decibel", meaning: "closeness of reconstructions, pixel by pixel" },
  ssim: { title: "SSIM", format: "number", meaning: "closeness of reconstructions, by structure" },
  codebook_used: { title: "Codebook used", format: "share", meaning: "codes that occur" },
  codebook_perplexity: {
    title: "Codebook perplexity",
    format: "number",
    meaning: "codes used evenly that would say as much",
  },
};

/** A number and its interval; a dash where there is none. */
export function metricCell(result: Pick<EvaluationResult, MetricName | "intervals">, name: MetricName): Cell {
  const { format } = metricInfo[name];
  const [value, interval] = [result[name], result.intervals[name]];
  if (value === null) return "—";
  return { text: shownNumber(value, format), detail: interval === null ? "" : shownInterval(interval, format) };
}

const BETTER = { lower: "lower", higher: "higher", neither: "—" } as const;

/** Numbers with intervals, classes, and how they were made. */
export function evaluationSections(result: EvaluationResult): Section[] {
  const sections = [{ title: "Numbers", blocks: numbers(result) }];
  if (result.classes !== null && result.classes.length > 0)
    sections.push({ title: "Classes", blocks: [classTable(result.classes)] });
  return sections;
}

function numbers(result: EvaluationResult): Block[] {
  const there = metricNames.filter((name) => result[name] !== null);
  const table: Block = {
    kind: "table",
    table: {
      caption: "Every number with its 95 % interval",
      columns: [{ name: "Metric" }, { name: "Value and interval", numeric: true }, { name: "Better" }],
      rows: there.map((name) => {
        const { title, meaning } = metricInfo[name];
        const cells = [{ text: title, detail: meaning }, metricCell(result, name), BETTER[metricDirection(name)]];
        return { cells, best: [1] };
      }),
    },
  };
  const missing = metricNames.filter((name) => result[name] === null && result.missing[name] !== undefined);
  if (missing.length === 0) return [table];
  const reasons = missing.map((name): [string, string] => [metricInfo[name].title, result.missing[name]!]);
  return [table, { kind: "prose", text: "Not computed:" }, { kind: "facts", rows: reasons }];
}

function classTable(classes: NonNullable<EvaluationResult["classes"]>): Block {
  const share = ({ correct, pictures }: (typeof classes)[number]): number => (pictures > 0 ? correct / pictures : 0);
  const rows = [...classes]
    .sort((a, b) => share(a) - share(b))
    .map((c) => {
      const taken = c.taken_for === null ? "—" : `${c.taken_for.label} (${c.taken_for.pictures})`;
      return { cells: [c.label, shownNumber(share(c), "share"), `${c.correct} of ${c.pictures}`, taken] };
    });
  const columns = [
    { name: "Class" },
    { name: "Accuracy", numeric: true },
    { name: "Recognised", numeric: true },
    { name: "Most often taken for" },
  ];
  return {
    kind: "table",
    table: { caption: "How often pictures are given the class asked for, worst first", columns, rows },
  };
}

/** Inputs, protocol, counts, hashes and versions: what another must know to compare. */
export function protocolSection(result: EvaluationResult): Section {
  const { protocol, versions, seed, replicates } = result;
  const most = Math.max(0, ...metricNames.map((name) => replicates[name]));
  const rows: [string, string][] = [
    ["Features", protocol.features ?? "none"],
    ["Features' SHA-256", protocol.features_hash ?? "unknown"],
    ["Resizing", protocol.resize ?? "none"],
    ["Size that the network sees", protocol.size ?? "unknown"],
    ["Preparation", protocol.preparation ?? "none"],
    ...input("Pictures", result.pictures),
    ...input("Reference", result.reference),
    ["Bootstrap replicates", most > 0 ? `at most ${most}` : "none"],
    ["Seed of the bootstrap", String(seed)],
    ...Object.entries(versions).map(([name, version]): [string, string] => [name, version]),
  ];
  return { title: "How this was made", blocks: [{ kind: "facts", rows }] };
}

function input(name: string, r: InputRecord): [string, string][] {
  const count = r.count === null ? "of unknown number" : `${r.count} pictures`;
  const rows: [string, string][] = [
    [
      name,
      [r.path, r.kind === "statistics" ? "statistics" : "", count, r.size ?? "", r.split ?? ""]
        .filter(Boolean)
        .join(", "),
    ],
    [`${name}' SHA-256`.replace("Reference'", "Reference's"), r.sha256],
    [
      `${name}, protocol`,
      r.protocol === "unknown" ? "unknown: nothing beside the input says how it was made" : "recorded",
    ],
  ];
  return r.record === null ? rows : [...rows, [`${name}, settings`, shownRecord(r.record)]];
}

/** A record of settings in words where it is JSON of an object, else as it is. */
function shownRecord(text: string): string {
  let value: unknown;
  try {
    value = parseJson(text, "record");
  } catch {
    return text;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return text;
  const known = Object.entries(value).filter(([, entry]) => entry !== null);
  return known
    .map(
      ([name, entry]) => `${name.replaceAll("_", " ")}: ${typeof entry === "string" ? entry : JSON.stringify(entry)}`,
    )
    .join("; ");
}
