import { type Command, Option } from "commander";
import { checkMask, type EditMask, MASK_MODES, type MaskMode, maskFromImage, widenCanvas } from "../editing/index.ts";
import { namingFile } from "../errors/index.ts";
import { readInput } from "../files/index.ts";
import { type RgbaImage, readSettings, withAlpha } from "../image/index.ts";
import { loadMaskPicture, loadRgba, pictureBytes, pictureHash } from "../image/node.ts";
import { type EditRun, type RepeatedEdit, recordedDevice, requestFrom } from "../pipelines/index.ts";
import { type CommandWork, measured, type Outcome, type Running } from "./command.ts";
import { type DrawFlags, draw } from "./draw.ts";
import { UsageError } from "./errors.ts";
import { addComputeFlags } from "./flags.ts";
import { modelHash } from "./identity.ts";
import { findModel, shownPath, withModel } from "./model.ts";
import { expectFolder } from "./output.ts";
import { type PhotoOut, photoOut } from "./photo-out.ts";

interface RepeatFlags extends DrawFlags {
  readonly force?: boolean;
  readonly image?: string;
  readonly mask?: string;
  readonly maskMode: MaskMode;
}

/** `flexvar repeat`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Draws a picture again from the settings embedded in it, as 000.png in --out. An edit needs nothing but its result: " +
        "the kept pixels and the mask are in it. Only refine, --strength below 1 and grey masks need the first picture too.",
    )
    .argument("<FILE.png>", "a picture that flexvar generated or edited")
    .optionsGroup("Files:")
    .option("--out <DIR>", "folder for the picture", "out")
    .option("--preview", "also every scale's picture: previews/000_00.png")
    .option("--image <FILE>", "the picture that was edited, where its result does not hold enough of it")
    .option("--mask <FILE>", "the mask, where it was too intricate to be embedded")
    .addOption(new Option("--mask-mode <auto|white|alpha>", "how --mask is read").choices(MASK_MODES).default("auto"))
    .option("--force", "draw with another model than the one that drew it");
  addComputeFlags(command);
  return { examples: ["flexvar repeat out/003.png --out again --preview"], work: repeat };
}

async function repeat([file = ""]: readonly string[], flags: RepeatFlags, running: Running): Promise<Outcome> {
  const png = await readInput(file, "PNG file");
  const recorded = namingFile(file, () => readSettings(png));
  const folder = findModel(flags.model);
  const hash = await modelHash(folder);
  if (hash !== recorded.model && flags.force !== true)
    throw new UsageError(
      `--model: expected the model that drew ${file} (${String(recorded.model)}), got ${shownPath(folder)} (${hash}); --force draws with it`,
    );
  await expectFolder(flags.out);
  const dtype = flags.dtype ?? (recorded.dtype as string | undefined);
  return withModel(folder, { ...flags, dtype }, running.report, async (pipe) => {
    const read = namingFile(file, () => requestFrom(recorded, pipe.config.transformer?.numClasses));
    const isEdit = "fromResult" in read;
    const run = { ...(isEdit ? await repeatedEdit(file, read, flags) : read), model: hash };
    const [then, now] = [recorded.device, pipe.runtime.provider].map((device) => recordedDevice(device) ?? "cpu");
    if (then !== now)
      running.report.log(`${file} was drawn on ${then}, and is repeated on ${now}: its bytes may differ`);
    const photo = run.task === "inpaint" ? await photoOf(flags.image ?? file, run, flags) : undefined;
    const { files, settings: drawn } = await draw(pipe, run, flags, running, photo);
    running.report.log(`drew ${file} again: ${files.at(-1)}`);
    // Of edits, what they said.
    const settings = isEdit ? recorded : drawn;
    return { json: { model: { path: folder, hash }, files, settings, ...measured(pipe.runtime.runMilliseconds()) } };
  });
}

/** How a photograph is written that was in-painted: as it was then. */
async function photoOf(file: string, { options, mask }: EditRun, flags: RepeatFlags): Promise<PhotoOut | undefined> {
  const isCropped = (options.crop ?? "none") !== "none";
  const canvas = { image: withAlpha(options.image), mask, isCropped };
  return (await photoOut(await pictureBytes(file), canvas, flags, { format: "png" })).photo;
}

/** The edit that paints an edited picture again: the same bytes, settings included, where model and machine are the same. */
async function repeatedEdit(file: string, request: RepeatedEdit, flags: RepeatFlags): Promise<EditRun> {
  const { task } = request;
  if (!request.fromResult && flags.image === undefined && (task === "refine" || request.mask !== undefined))
    throw new UsageError(
      `--image: expected the picture that was ${task === "refine" ? "refined" : "edited"}: its result does not hold enough of it`,
    );
  const given = flags.image === undefined ? undefined : await loadRgba(flags.image);
  if (given !== undefined && pictureHash(given) !== request.image)
    throw new UsageError(
      `--image: expected the picture that was edited (${request.image}), got ${flags.image} (${pictureHash(given)})`,
    );
  const options = { ...request.options, count: 1 };
  if (task === "refine") return { ...request, options: { ...options, image: given! }, mask: undefined };
  const mask = request.mask ?? (await maskGiven(flags));
  const image = given === undefined ? await loadRgba(file) : onCanvas(given, mask);
  return { ...request, options: { ...options, image }, mask: checkMask(mask, image) };
}

async function maskGiven(flags: RepeatFlags): Promise<EditMask> {
  if (flags.mask === undefined)
    throw new UsageError("--mask: expected the mask, which was too intricate to be embedded");
  return maskFromImage(await loadMaskPicture(flags.mask), flags.maskMode);
}

/** A picture that was out-painted, where its canvas has it: the kept part of the mask. */
function onCanvas(picture: RgbaImage, mask: EditMask): RgbaImage {
  if (picture.width === mask.width && picture.height === mask.height) return picture;
  const at = mask.data.indexOf(0);
  const [left, top] = [at % mask.width, Math.floor(at / mask.width)];
  return widenCanvas(picture, {
    left,
    top,
    right: mask.width - picture.width - left,
    bottom: mask.height - picture.height - top,
  }).picture;
}
