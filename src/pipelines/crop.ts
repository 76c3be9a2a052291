/** In-painting a photograph in one part around its mask: the model's work does not depend on the photograph's size. */
import {
  type Crop,
  compositePatch,
  cropOf,
  type EditMask,
  maskBounds,
  parseCrop,
  plainMask,
  reduceRegion,
  type WindowPass,
} from "../editing/index.ts";
import { type MasterImage, type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import type { ResolvedEditing } from "../options/index.ts";
import type { InpaintOptions } from "./edit.ts";
import type { CroppedPictures, EditEvent, OpenModel } from "./model.ts";
import { once } from "./passes.ts";
import { thinned, thinnedRect, thinning } from "./thin.ts";

/** The part of a photograph that an edit works on; undefined where it works on the whole. @throws OptionError for a region that does not fit */
export function cropFor(
  { config, factor }: Pick<OpenModel, "config" | "factor">,
  mask: EditMask,
  { crop }: Pick<ResolvedEditing, "crop">,
): Crop | undefined {
  const bounds = maskBounds(mask);
  if (bounds === undefined) return undefined;
  return cropOf(parseCrop(crop), bounds, mask, { side: config.trainedSide * factor, factor });
}

/** The one pass of such an edit. */
export function cropPass({ region, work }: Crop, factor: number): WindowPass {
  const up = (pixels: number): number => Math.ceil(pixels / factor) * factor;
  return {
    rect: region,
    work: { width: up(work.width), height: up(work.height) },
    paste: region,
    draft: false,
  };
}

/** What is in-painted in place of the photograph: the region at the model's scale. */
export function croppedInpaint(
  options: InpaintOptions,
  { region, work }: Crop,
  { strength }: Pick<ResolvedEditing, "strength">,
): InpaintOptions {
  const { picture, hole } = reduceRegion(options.image, options.mask, region, work, (strength ?? 1) < 1);
  const mask = { ...plainMask(work.width, work.height, 0), data: hole.map((value) => 255 * value) };
  return { ...options, image: picture, mask, crop: "none", whole: true };
}

/** The events of an in-painted region as those of its photograph. */
export async function* inPhotograph(
  events: AsyncIterable<EditEvent>,
  { image, mask }: Pick<InpaintOptions, "image" | "mask">,
  crop: Crop,
  factor: number,
): AsyncGenerator<EditEvent> {
  const pass = cropPass(crop, factor);
  const scene = { image, mask, region: crop.region };
  const small = new Map<number, Scene>();
  for await (const event of events) {
    const patches = once(() => event.images());
    const images = async () => (await patches()).map((patch) => composed(scene, patch));
    const reduced = async (longest: number) => {
      const k = thinning(image, longest);
      const shown = small.get(k) ?? thinnedScene(scene, k);
      small.set(k, shown);
      return (await patches()).map((patch) => composed(shown, patch));
    };
    const cropped: CroppedPictures = { crop, patches, reduced };
    yield { ...event, pass, cropped, images };
  }
}

/** What a patch is put into. */
interface Scene {
  readonly image: RgbImage | RgbaImage;
  readonly mask: EditMask;
  readonly region: Crop["region"];
}

function composed({ image, mask, region }: Scene, patch: RgbImage | RgbaImage): RgbaImage {
  const out = withAlpha(image);
  compositePatch(asMaster(out), asMaster(patch), region, mask);
  return out;
}

/** An 8-bit picture under the name that full size has. */
const asMaster = ({ data, width, height }: RgbImage | RgbaImage): MasterImage => ({
  data,
  width,
  height,
  channels: data.length === 3 * width * height ? 3 : 4,
});

/** A photograph to be shown small. */
const thinnedScene = ({ image, mask, region }: Scene, k: number): Scene => ({
  image: thinned(image, k),
  mask: thinned(mask, k),
  region: thinnedRect(region, k),
});
