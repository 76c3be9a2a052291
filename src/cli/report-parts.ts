/** What commands put into reports: sheets of sets, and drawn pictures beside their nearest training pictures. */
import type { Command } from "commander";
import { writeFileAtomic } from "../files/index.ts";
import { contactSheet, encodePng, type RgbImage } from "../image/index.ts";
import { type Picture, type ReportDocument, renderReport, type Section } from "../report/index.ts";
import { UsageError } from "./errors.ts";
import { shownPath } from "./model.ts";
import type { Reporter } from "./reporter.ts";

export interface ReportFlags {
  readonly report?: string;
  readonly title?: string;
  readonly neighbours?: string;
}

export function addReportFlags(command: Command): Command {
  return command
    .optionsGroup("Report:")
    .option("--report <F.html>", "one page with numbers, plots and pictures, that needs nothing else")
    .option("--title <TEXT>", "the page's title")
    .option("--neighbours <DATA>", "training data: the page shows drawn pictures beside the nearest of them");
}

/** The page's path. @throws UsageError where flags do not fit */
export function reportPath({ report, title, neighbours }: ReportFlags): string | undefined {
  for (const [flag, value] of Object.entries({ title, neighbours }))
    if (value !== undefined && report === undefined) throw new UsageError(`--${flag}: expected it with --report only`);
  if (report?.endsWith(".html") === false)
    throw new UsageError(`--report: expected a name ending in .html, got "${report}"`);
  return report;
}

export async function writeReport(path: string, document: ReportDocument, reporter: Reporter): Promise<void> {
  await writeFileAtomic(path, renderReport(document));
  reporter.log(`report in ${shownPath(path)}`);
}

/** The first pictures of a set or folder. */
export async function firstPictures(path: string, count: number): Promise<RgbImage[]> {
  const { openPictureStream } = await import("../data/index.ts");
  const stream = await openPictureStream(path);
  try {
    const images: RgbImage[] = [];
    for await (const { image } of stream.pictures()) {
      images.push(image);
      if (images.length === count) break;
    }
    return images;
  } finally {
    await stream.close();
  }
}

const GROUND = [128, 128, 128] as const;
/** Pictures below this side are shown at twice their size. */
const SMALL_SIDE = 48;

/** Pictures on one sheet, ten a row. */
export function sheetPicture(images: readonly RgbImage[], of: string): Picture {
  const count = `${images.length} ${images.length === 1 ? "picture" : "pictures"}`;
  const sheet = contactSheet(images, { columns: 10, margin: 2, background: GROUND });
  return asPicture(sheet, images[0]!, `Sheet of ${count}: ${of}`, `${of}: the first ${count}`);
}

function asPicture(sheet: RgbImage, first: RgbImage, alt: string, caption: string): Picture {
  const scale = Math.max(first.width, first.height) < SMALL_SIDE ? 2 : 1;
  return { png: encodePng(sheet), width: sheet.width, height: sheet.height, scale, alt, caption };
}

/** Held out where the training data have no split of their own, as `flexvar train` does by default. */
const HELD_OUT_SHARE = 0.05;
const NEIGHBOURS = 3;

/** The pictures nearest in the training data, and how far they are beside held-out pictures. */
export async function neighbourSection(data: string, images: readonly RgbImage[]): Promise<Section> {
  const { compareWithTraining, neighbourSheet, openSplit } = await import("../train/index.ts");
  const split = await openSplit(data, HELD_OUT_SHARE, 0);
  try {
    const { neighbours, nearest } = await compareWithTraining(split, images, { count: NEIGHBOURS, mirrored: true });
    const sheet = await neighbourSheet(split.train, images, neighbours, 4);
    const distances = `${nearest.samples.toFixed(3)} on average to the nearest, ${nearest.heldOut.toFixed(3)} for held-out pictures`;
    const alt = `${images.length} drawn pictures, each followed by the ${NEIGHBOURS} training pictures nearest to it. Distance ${distances}.`;
    const text =
      "In each frame the drawn picture stands at the left, then the training pictures nearest to it by pixels reduced to " +
      `16x16, mirror images included. Root mean square distance on [−1, 1]: ${distances}. A model that had learnt pictures by ` +
      "heart would show its own among them, at a much smaller distance than held-out pictures have.";
    const caption = "Drawn pictures and their nearest training pictures";
    return {
      title: "Nearest neighbours",
      blocks: [
        { kind: "prose", text },
        { kind: "pictures", pictures: [asPicture(sheet, images[0]!, alt, caption)] },
      ],
    };
  } finally {
    await split.train.close();
  }
}
