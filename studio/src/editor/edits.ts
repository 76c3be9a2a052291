/** Orders of edits: repainting, refining, and going on with what was chosen. */
import type { DrawnPicture, EditRequest } from "../backend/types.ts";
import { needModel, newSeed, words } from "../state/actions.ts";
import { addPictures } from "../state/gallery.ts";
import { newId } from "../state/ids.ts";
import { type KeptEdit, numberIn } from "../state/library.ts";
import { keepsAnything } from "../state/place.ts";
import { say, shownLabel, get as studio } from "../state/store.ts";
import { showStage } from "../ui/in-view.ts";
import {
  forModel,
  freshSheet,
  isBrushed,
  isExtended,
  MOST_MADE,
  maskBounds,
  pixelsOf,
  readPicture,
  type Sheet,
  type ShownPicture,
} from "./document.ts";
import { currentSheet, editor, type PhotoPart, type Result, setEditor } from "./editor-store.ts";
import { isPainting, leaveResult, openPicture, pushSheet } from "./history.ts";
import { orderOfPart, withPatch } from "./photo-edits.ts";

let stopper: AbortController | undefined;

function stopEdit(): void {
  stopper?.abort();
  stopper = undefined;
}

/** Goes back to the mask; painting under way stops. */
export function backToMask(): void {
  stopEdit();
  leaveResult();
}

/** Paints what is masked, and beyond the picture's edges. */
export async function repaint(): Promise<void> {
  const { softness } = editor();
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  if (sheet.photo !== undefined) {
    await repaintPhoto(sheet);
    return;
  }
  const [brushed, extended] = [isBrushed(sheet), isExtended(sheet)];
  if (!brushed && !extended) {
    say("Brush over what is to change, or drag an edge of the picture outwards.");
    return;
  }
  const made = !extended ? "inpaint" : brushed ? "inpaint and outpaint" : "outpaint";
  await run(made, { task: "inpaint", ...forModel(sheet, softness) });
}

/** Paints what is masked of a photograph: the part around it, at the model's scale. */
async function repaintPhoto(sheet: Sheet): Promise<void> {
  const { info } = studio();
  const order = info && (await orderOfPart(sheet, info).catch((error: unknown) => say(words(error))));
  if (order) await run("inpaint", order.order, { whole: true, part: order.part });
  else if (maskBounds(sheet) === undefined) say("Brush over what is to change.");
}

/** Draws the chosen variant of a part of a photograph at twice its size, where that is coarser than the photograph. */
export async function refinePart(): Promise<void> {
  const { result } = editor();
  const picture = result?.pictures[result.picked];
  if (result?.part === undefined || picture === undefined) return;
  const image = pixelsOf(await readPicture(picture.image, MOST_MADE));
  const size = [2 * image.width, 2 * image.height] as const;
  const part = { ...result.part, zoom: result.part.zoom / 2 };
  await run("refine", { task: "refine", image, size }, { part });
}

/** Stops what is being painted. Returns whether anything was. */
export function stopByKey(): boolean {
  if (!isPainting(editor())) return false;
  backToMask();
  return true;
}

/** As {@link repaint}, unless painting is under way: a key pressed again does not begin anew. */
export async function repaintByKey(): Promise<void> {
  if (!isPainting(editor())) await repaint();
}

/** Draws the picture at twice its size. */
export async function refineTwice(): Promise<void> {
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  const image = pixelsOf(sheet.image);
  await run("refine", { task: "refine", image, size: [2 * image.width, 2 * image.height] as const });
}

interface Branch {
  readonly name: string;
  readonly classId: number;
  readonly size: readonly [width: number, height: number];
}

/** Opens a picture as it stood at a coarse scale, and draws the scales finer than its own anew: variants that share what came before. */
export async function branchFrom(frame: Blob, { name, classId, size }: Branch): Promise<void> {
  if (!(await openPicture(frame, { name, classId }))) return;
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  await run("refine", { task: "refine", image: pixelsOf(sheet.image), size }, { strength: 1 });
}

interface OwnOptions {
  readonly strength?: number;
  readonly whole?: true;
  readonly part?: PhotoPart;
}

type Order = Pick<EditRequest, "task" | "image" | "mask" | "size">;

/** @param own options of this order alone, which go before those of the panel. */
async function run(made: Result["made"], order: Order, own: OwnOptions = {}): Promise<void> {
  const { backend, info } = studio();
  if (backend === undefined || info === undefined) return;
  stopEdit();
  const stop = new AbortController();
  stopper = stop;
  if (editor().freshSeed) setEditor({ seed: newSeed() });
  const { classId, guidance, steps, seed } = editor();
  const { strength = editor().strength, whole, part } = own;
  const more = {
    ...editor().more,
    ...(whole && { whole }),
    ...(steps !== undefined && { steps }),
    ...(strength !== undefined && { strength }),
  };
  // Refining keeps all tokens where no strength is given, so that every variant would be the same.
  const count = order.task === "refine" && !strength ? 1 : editor().count;
  const start: Result = {
    made,
    status: "working",
    done: 0,
    pictures: [],
    picked: 0,
    classId,
    seed,
    again: () => void run(made, order, own),
    part,
  };
  leaveResult();
  setEditor({ result: start });
  showStage();
  const update = (change: Partial<Result>): void => {
    if (stopper === stop) setEditor(({ result }) => (result ? { result: { ...result, ...change } } : {}));
  };
  try {
    await needModel();
    const request = { ...order, classId, guidance, more, seed, count };
    for await (const event of backend.edit(request, stop.signal)) {
      if (event.kind === "waiting") {
        update({ waiting: event.position });
        continue;
      }
      const { done, pictures } = event;
      const all = [...(editor().result?.pictures ?? [])];
      for (const picture of pictures) all[picture.number] = picture;
      update({ done, pictures: all, waiting: undefined });
    }
    if (!stop.signal.aborted) update({ status: "done" });
  } catch (error) {
    update({ status: "failed", message: words(error) });
  }
}

/** The class that the chosen variant was painted as: what it says itself, else what was ordered. */
export function paintedClass(
  { pictures, picked, classId: ordered }: Result,
  labels: readonly string[],
): { readonly classId: number | undefined; readonly label: string } {
  const classId = numberIn(pictures[picked]?.settings, "class_id") ?? ordered;
  return { classId, label: (classId === undefined ? undefined : labels[classId]) ?? "edited" };
}

const made = new WeakMap<ShownPicture, DrawnPicture>();

/** The variant that a picture is, or that was painted into it last; undefined where none was gone on with. */
export const variantOf = ({ image }: Sheet): DrawnPicture | undefined => made.get(image);

/** Goes on with the chosen variant: it becomes the picture, and is kept in the gallery, where there is one. */
export async function accept(): Promise<void> {
  const { result } = editor();
  const picture = result?.pictures[result.picked];
  const { info } = studio();
  if (result === undefined || picture === undefined || info === undefined) return;
  const image = await readPicture(picture.image, MOST_MADE);
  const sheet = currentSheet(editor());
  const next = result.part && sheet ? await withPatch(sheet, pixelsOf(image), result.part) : freshSheet(image);
  made.set(next.image, picture);
  pushSheet(next);
  if (!keepsAnything()) return;
  const { width, height } = image;
  const { seed, made: task } = result;
  const { classId, label } = paintedClass(result, info.labels);
  const guidance = numberIn(picture.settings, "guidance_scale");
  const kept: KeptEdit = {
    id: newId(),
    createdAt: Date.now(),
    label,
    model: info.name,
    task,
    request: { classId, width, height, guidance, seed, firstIndex: picture.number },
    settings: picture.settings,
    grids: [],
    image: picture.image,
    frames: [],
  };
  await addPictures([kept]);
  say(`${shownLabel(label)} is in the gallery. Undo brings the picture before it back.`);
}
