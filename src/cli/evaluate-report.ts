/** The page of one evaluation. */
import { type EvaluationResult, type MetricDifference, overallVerdict } from "../evaluate/index.ts";
import {
  type Block,
  evaluationSections,
  metricInfo,
  protocolSection,
  type ReportDocument,
  type Section,
  shownDifference,
  shownNumber,
} from "../report/index.ts";
import { shownPath } from "./model.ts";
import { firstPictures, neighbourSection, type ReportFlags, sheetPicture } from "./report-parts.ts";

/** Pictures of each side on the page, and those with neighbours. */
const SHEET = 40;
const SHOWN_NEIGHBOURS = 12;

/** @param drawn whether both sides are pictures on the disk: a tokenizer's reconstructions are not. */
export async function evaluationReport(
  result: EvaluationResult,
  differences: readonly MetricDifference[] | undefined,
  { title, neighbours }: ReportFlags,
  drawn: boolean,
): Promise<ReportDocument> {
  const { pictures, reference, protocol, warnings } = result;
  const sections: Section[] = [];
  if (differences !== undefined) sections.push(baselineSection(differences));
  sections.push(...evaluationSections(result));
  const shown = drawn && pictures.kind === "pictures";
  const sides = [
    ...(shown ? [await firstPictures(pictures.path, SHEET)] : []),
    ...(drawn && reference.kind === "pictures" ? [await firstPictures(reference.path, SHEET)] : []),
  ];
  if (sides.length > 0) {
    const names = shown ? ["Pictures", "Reference"] : ["Reference"];
    const sheets = sides.map((images, i) => sheetPicture(images, names[i]!));
    sections.push({ title: "Pictures", blocks: [{ kind: "pictures", pictures: sheets }] });
  }
  if (neighbours !== undefined && shown)
    sections.push(await neighbourSection(neighbours, sides[0]!.slice(0, SHOWN_NEIGHBOURS)));
  sections.push(protocolSection(result));
  const count = pictures.count === null ? "Pictures" : `${pictures.count} pictures`;
  const by = protocol.features === null ? "" : `, compared by ${protocol.features}`;
  return {
    title: title ?? `${shownPath(pictures.path)} against ${shownPath(reference.path)}`,
    summary: `${count} against ${reference.count ?? "an unknown number"} of the reference${by}.`,
    warnings,
    sections,
  };
}

function baselineSection(differences: readonly MetricDifference[]): Section {
  const table: Block = {
    kind: "table",
    table: {
      caption: "Differences from the baseline, with 95 % intervals",
      columns: [
        { name: "Metric" },
        { name: "Verdict" },
        { name: "Difference", numeric: true },
        { name: "Before", numeric: true },
        { name: "Now", numeric: true },
      ],
      rows: differences.map(({ metric, before, after, difference, interval, verdict }) => {
        const { title, format } = metricInfo[metric];
        const change = {
          text: shownDifference(difference, format),
          detail: interval === null ? "" : interval.map((end) => shownDifference(end, format)).join(" to "),
        };
        const cells = [title, verdict, change, shownNumber(before, format), shownNumber(after, format)];
        return { cells, best: verdict === "better" || verdict === "worse" ? [1] : [] };
      }),
    },
  };
  return {
    title: "Against the baseline",
    blocks: [{ kind: "prose", text: `Verdict: ${overallVerdict(differences)}.` }, table],
  };
}
