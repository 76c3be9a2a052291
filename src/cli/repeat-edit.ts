/** Repeating an edit from its result. */
import { checkMask, type EditMask, maskFromImage, widenCanvas } from "../editing/index.ts";
import type { RgbaImage } from "../image/index.ts";
import { loadMaskPicture, loadRgba, pictureHash } from "../image/node.ts";
import type { EditRun, RepeatedEdit } from "../pipelines/index.ts";
import { UsageError } from "./errors.ts";
import { asUsage } from "./option-flags.ts";
import type { RepeatFlags } from "./repeat.ts";

/** The edit that paints an edited picture again: the same bytes, settings included, where model and machine are the same. */
export async function repeatedEdit(file: string, request: RepeatedEdit, flags: RepeatFlags): Promise<EditRun> {
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
  const given = await loadMaskPicture(flags.mask);
  return asUsage(() => maskFromImage(given, flags.maskMode));
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
