/** Edits of photographs: which part the model sees, and what it painted put back in its place. */
import { cropAround } from "flexvar/editing";
import type { EditRequest, ModelInfo, Pixels } from "../backend/types.ts";
import { shownOf, viewOf } from "../photo/photo.ts";
import { trainedPx } from "../state/plan.ts";
import { freshSheet, MOST_SHOWN, maskBounds, photoMask, type Sheet, shownScale } from "./document.ts";
import { editor, type PhotoPart } from "./editor-store.ts";

interface PartOrder {
  readonly order: Pick<EditRequest, "image" | "mask"> & { readonly task: "inpaint" };
  readonly part: PhotoPart;
}

/** The part around the mask as an order; undefined where nothing is masked. @throws Error in words. */
export async function orderOfPart(sheet: Sheet, info: ModelInfo): Promise<PartOrder | undefined> {
  const { photo } = sheet;
  const shown = maskBounds(sheet);
  if (photo === undefined || shown === undefined) return undefined;
  const scale = shownScale(sheet);
  const [left, top] = [Math.floor(shown.left / scale), Math.floor(shown.top / scale)];
  const bounds = {
    left,
    top,
    width: Math.min(photo.width, Math.ceil((shown.left + shown.width) / scale)) - left,
    height: Math.min(photo.height, Math.ceil((shown.top + shown.height) / scale)) - top,
  };
  const { region, work, zoom } = cropAround(bounds, photo, { side: trainedPx(info), factor: info.factor });
  const mask = photoMask(sheet, region, editor().softness);
  const { strength = 1 } = editor();
  const seen = await viewOf(photo, { region, work, mask, readsHole: strength < 1 });
  return { order: { task: "inpaint", ...seen }, part: { region, mask, zoom } };
}

/** The photograph with what was painted into a part of it; nothing is masked then. */
export async function withPatch(sheet: Sheet, pixels: Pixels, { region, mask }: PhotoPart): Promise<Sheet> {
  const { photo } = sheet;
  if (photo === undefined) return sheet;
  const next = { ...photo, patches: [...photo.patches, { region, pixels, mask }] };
  return freshSheet(await shownOf(next, MOST_SHOWN), next);
}
