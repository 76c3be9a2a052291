/** The page of a sweep. */
import type { EvaluationResult } from "../evaluate/index.ts";
import {
  plotsDrawing,
  protocolSection,
  type ReportDocument,
  type Section,
  sweepPlots,
  sweepSection,
} from "../report/index.ts";
import { firstPictures, neighbourSection, sheetPicture } from "./report-parts.ts";
import type { PlannedSweep } from "./sweep-plan.ts";
import type { Variation } from "./vary.ts";

export interface SweepReportOptions {
  readonly title: string;
  readonly total: number;
  /** Training data to look for neighbours in. */
  readonly neighbours?: string;
}

/** Pictures on each value's sheet, and those with neighbours. */
const SHEET = 20;
const SHOWN_NEIGHBOURS = 12;

export async function sweepReport(
  plans: readonly PlannedSweep[],
  results: ReadonlyMap<string, EvaluationResult>,
  { title, total, neighbours }: SweepReportOptions,
): Promise<ReportDocument> {
  const sections: Section[] = [];
  const warnings = new Set<string>();
  for (const { variation, values } of plans) {
    const points = [];
    for (const { text, files } of values) {
      const result = results.get(files.evaluation)!;
      for (const warning of result.warnings) warnings.add(warning);
      const sheet = sheetPicture(await firstPictures(files.set, SHEET), `${variation.title} ${label(variation, text)}`);
      points.push({ value: label(variation, text), result, sheet });
    }
    sections.push(sweepSection({ option: variation.title, points }));
  }
  const { files } = plans[0]!.values[0]!;
  if (neighbours !== undefined)
    sections.push(await neighbourSection(neighbours, await firstPictures(files.set, SHOWN_NEIGHBOURS)));
  const first = results.get(files.evaluation)!;
  sections.push(protocolSection(first));
  const reference = `${first.reference.count ?? "the"} pictures of ${first.reference.path}`;
  return {
    title,
    summary: `${total} pictures at each value, against ${reference}, compared by ${first.protocol.features ?? "unknown features"}.`,
    warnings: [...warnings],
    sections,
  };
}

/** A value on an axis. Top-k 0 is no filter, which is not less than 1. */
const label = ({ field }: Variation, text: string): string => (field === "topK" && text === "0" ? "off" : text);

/** The plots of all sweeps as one SVG file. */
export function sweepDrawing(
  title: string,
  plans: readonly PlannedSweep[],
  results: ReadonlyMap<string, EvaluationResult>,
): string {
  const plots = plans.flatMap(({ variation, values }) =>
    sweepPlots({
      option: variation.title,
      points: values.map(({ text, files }) => ({
        value: label(variation, text),
        result: results.get(files.evaluation)!,
      })),
    }),
  );
  return plotsDrawing(title, plots);
}
