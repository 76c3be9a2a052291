/** The image-to-image commands: what each paints on, their flags, and an edit carried out into a folder. */
import { type Command, Option } from "commander";
import {
  canvasOf,
  checkMask,
  describeMask,
  type EditMask,
  isSoft,
  MASK_MODES,
  type Margins,
  type MaskMode,
  parseRatio,
  readMask,
} from "../editing/index.ts";
import { MAX_IMAGE_SIDE, type RgbaImage } from "../image/index.ts";
import { loadMaskPicture, loadRgba, pictureBytes, pictureHash } from "../image/node.ts";
import {
  EDITING_FIELDS,
  type EditingInput,
  type EditTask,
  optionsOf,
  parseSampling,
  resolveEditing,
} from "../options/index.ts";
import { cropFor, type EditOptions, type FlexVARPipeline, runSettings } from "../pipelines/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { type DrawFlags, draw, pictureJson } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { addBatchFlag, addComputeFlags, addOptionFlags, optionInput, samplingInput, wholeNumber } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectFolder, olderPictures } from "./output.ts";
import { addPhotoFlags, extensionOf, type PhotoFlags, photoOut, photoPlace } from "./photo-out.ts";
import { seconds } from "./reporter.ts";

interface EditFlags extends DrawFlags, PhotoFlags, Partial<Margins> {
  readonly out: string;
  readonly metadata?: boolean | string;
  readonly class?: string;
  readonly mask?: string;
  readonly maskMode: MaskMode;
  readonly ratio?: string;
}

/** What a task paints on, where not on the picture given, and what is said before the work. */
interface EditCanvas {
  readonly picture?: RgbaImage;
  readonly mask: EditMask | undefined;
  /** Of the result, where not that of the canvas. */
  readonly size?: readonly [width: number, height: number];
  readonly notes?: readonly string[];
}

interface EditCommand {
  readonly description: string;
  /** What its argument says beside the formats. */
  readonly kept?: string;
  /** Flags beside those of the table of options. */
  readonly flags: readonly Option[];
  readonly examples: readonly string[];
  /** Checks the task's own flags, and tells then what a picture is painted on. */
  plan(flags: EditFlags): (image: RgbaImage) => EditCanvas | Promise<EditCanvas>;
}

const editing = (flags: string, description: string): Option => new Option(flags, description).helpGroup("Editing:");

const COMMANDS: Readonly<Record<EditTask, EditCommand>> = {
  inpaint: {
    description:
      "Repaints the white part of a mask. Every pixel outside it keeps its bytes; with a class given, nothing under it " +
      "reaches the result. Grey repaints in part. Pictures larger than the model was trained on are worked on in windows around the holes.",
    kept: "; what is outside the mask keeps its samples, of 8 or 16 bits, and the file's colour profile",
    flags: [
      editing("--mask <FILE>", "the mask, of the picture's size"),
      editing(
        "--mask-mode <auto|white|alpha>",
        "white = repaint, or transparent = repaint; auto: as the file shows, asked for where it does not",
      )
        .choices(MASK_MODES)
        .default("auto"),
    ],
    examples: [
      "flexvar inpaint cat.png --mask hole.png --class animal-face --count 4 --grid",
      "flexvar inpaint photo.png --mask hole.png --class none --window 128",
      "flexvar inpaint photo.jpg --mask hole.png --class none --crop auto --out photo-edited.jpg --quality 95",
    ],
    plan({ mask: file, maskMode }) {
      if (file === undefined) throw new UsageError("--mask: expected a mask file, got none");
      return async (image) => {
        const reading = readMask(await loadMaskPicture(file), maskMode);
        const mask = checkMask(reading.mask, image);
        const notes = [`${file}: ${describeMask(reading)}`];
        if (isSoft(mask)) notes.push(`${file}: grey parts blend the picture with what is painted`);
        return { mask, notes };
      };
    },
  },
  outpaint: {
    description: "Continues a picture beyond its edges. The picture itself keeps its bytes.",
    flags: ["left", "right", "top", "bottom"].map((side) =>
      editing(`--${side} <N>`, `pixels to add at the ${side}`).argParser(wholeNumber(side, 0, MAX_IMAGE_SIDE)),
    ),
    examples: ["flexvar outpaint cat.png --left 32 --right 32 --class animal-face"],
    plan:
      ({ left, right, top, bottom }) =>
      (image) =>
        canvasOf("outpaint", image, { left, right, top, bottom }),
  },
  expand: {
    description: "Widens or heightens the canvas to a ratio; the picture stays in the middle and keeps its bytes.",
    flags: [editing("--ratio <W:H>", "width to height of the new canvas, as in 2:1")],
    examples: ["flexvar expand cat.png --ratio 2:1 --class animal-face"],
    plan({ ratio: text }) {
      if (text === undefined) throw new UsageError("--ratio: expected width to height such as 2:1, got none");
      const ratio = parseRatio(text);
      return (image) => canvasOf("expand", image, { ratio });
    },
  },
  refine: {
    description:
      "Draws a small picture at a higher resolution. Its tokens are kept at every grid up to its own size and drawn above, " +
      "or as --strength says. A size of one number keeps the ratio: it is the longer side.",
    flags: [],
    examples: ["flexvar refine cat.png --size 128 --class animal-face"],
    plan(flags) {
      const { size: asked } = parseSampling({ size: samplingInput(flags).size });
      if (asked === undefined)
        throw new UsageError("--size: expected the size to draw at, such as 128 or 256x128, got none");
      const [width, height] = asked;
      return (image) => ({ mask: undefined, size: width === height ? byLongerSide(image, width) : asked });
    },
  },
};

/** `flexvar inpaint`, `outpaint`, `expand` and `refine`. */
export function define(command: Command): CommandWork {
  const task = command.name() as EditTask;
  const { description, kept = "", flags, examples } = COMMANDS[task];
  command.description(description).argument("<IMAGE>", `PNG, JPEG, WebP, GIF, TIFF or AVIF${kept}`);
  for (const flag of flags) command.addOption(flag);
  addEditFlags(command, task);
  return { examples, work: ([file = ""], given: EditFlags, running) => edit(task, file, given, running) };
}

/** Adds the flags that the table of options has for a task, and those of files and model. */
export function addEditFlags(command: Command, task: EditTask): Command {
  command
    .optionsGroup("Sampling:")
    .option(
      "--class <ID,NAME,…|auto|none>",
      "classes to paint; auto (the default) guesses one from the picture, none paints without",
    );
  addOptionFlags(
    command,
    optionsOf(task).filter((name) => name !== "classLabels"),
  )
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the pictures", "out")
    .option("--grid", "also a contact sheet: sheet/sheet.png in the folder")
    .option("--preview", "also every scale's picture: previews/000_00.png (picture, scale)")
    .option("--no-metadata", "no settings in the PNG files, and none of the photograph's own records");
  return addBatchFlag(
    addComputeFlags(addPhotoFlags(command)),
    "variants side by side; 4 by default; changes no picture",
  );
}

/** The options that the flags give, without the picture. @throws OptionError */
function editInput(flags: EditFlags): Omit<EditOptions, "image"> {
  const { classLabels, size: _, ...sampling } = samplingInput(flags);
  const word = flags.class?.trim() ?? "auto";
  const given: EditingInput = optionInput(flags, EDITING_FIELDS);
  resolveEditing(given);
  return { ...sampling, ...given, classLabels: word === "auto" || word === "none" ? word : (classLabels ?? []) };
}

/** The size of this longer side with a picture's ratio. */
function byLongerSide({ width, height }: RgbaImage, side: number): [width: number, height: number] {
  const long = Math.max(width, height);
  const scaled = (pixels: number): number => Math.max(1, Math.round((pixels * side) / long));
  return [scaled(width), scaled(height)];
}

/** @throws UsageError where a run makes more pictures than the one that a file's name stands for */
function expectOne({ classLabels, count = 1 }: Omit<EditOptions, "image">, out: string): void {
  const pictures = count * (Array.isArray(classLabels) ? classLabels.length : 1);
  if (pictures !== 1) throw new UsageError(`--out: expected a folder for ${pictures} pictures, got the file ${out}`);
}

/** What is said of the part that an edit works on. */
function cropNotes(
  { config, factor }: FlexVARPipeline,
  mask: EditMask | undefined,
  { crop = "none" }: EditingInput,
): string[] {
  const found = mask && cropFor({ config, factor }, mask, { crop });
  if (found === undefined) return [];
  const { region, work, zoom } = found;
  const where = `${region.width}x${region.height} at ${region.left},${region.top}`;
  if (zoom === 1) return [`works on ${where}, at the photograph's own scale`];
  const scale = `${work.width}x${work.height}: 1/${zoom.toFixed(1)} of its scale`;
  return [
    `works on ${where} as ${scale}, so that what is painted is softer than what surrounds it; --crop none paints all its detail, in windows`,
  ];
}

/** Opens the model and carries an edit out; each file appears whole or not at all. */
async function edit(task: EditTask, file: string, flags: EditFlags, running: Running): Promise<Outcome> {
  const { report } = running;
  const input = editInput(flags);
  const canvas = COMMANDS[task].plan(flags);
  const place = await photoPlace(flags);
  if (place.name !== undefined) expectOne(input, flags.out);
  const source = await pictureBytes(file);
  const given = await loadRgba(source);
  const { picture: image = given, mask, size = [image.width, image.height], notes = [] } = await canvas(given);
  const isCropped = (input.crop ?? "none") !== "none";
  const { photo, notes: more } = await photoOut(
    source,
    { image, mask: task === "inpaint" ? mask : undefined, isCropped },
    flags,
    place,
  );
  const folder = findModel(flags.model);
  const out = place.folder;
  await expectFolder(out);
  return withModel(folder, flags, report, async (pipe) => {
    const model = await modelHash(folder);
    const run = { task, options: { ...input, image }, mask, size, image: pictureHash(given), model };
    runSettings(pipe.config, run);
    for (const note of [...notes, ...more, ...cropNotes(pipe, mask, input)]) report.log(note);
    const began = performance.now();
    const { pictures, files, windows, settings, estimate } = await draw(pipe, run, { ...flags, out }, running, photo);
    const took = performance.now() - began;
    if (input.classLabels === "auto")
      report.log(`class: ${pictures[0]!.label ?? pictures[0]!.classId} (guessed; --class names another)`);
    report.finish();
    report.log(`${pictures.length} in ${shownPath(flags.out)} (${seconds(took)})`);
    const older = place.name === undefined ? await olderPictures(out, pictures.length, extensionOf(place.format)) : [];
    if (older.length > 0) report.log(`${shownPath(out)} also holds ${older.length} of earlier runs: ${older[0]}`);
    return {
      json: {
        model: { path: folder, hash: model },
        device: pipe.device,
        files,
        pictures: pictures.map(({ group: _, ...one }) => pictureJson(one)),
        windows,
        settings,
        ...estimate,
        ...measured(pipe.runtime.runMilliseconds()),
      },
    };
  });
}
