/** The editor's state and everything it does to it. */
import { create } from "zustand";
import type { DrawnPicture } from "../backend/types.ts";
import { newSeed, openModel } from "../state/actions.ts";
import { type KeptEdit, keepPicture, numberIn } from "../state/library.ts";
import { say, set as setStudio, shownLabel, get as studio } from "../state/store.ts";
import {
  asksForPaint,
  contextOf,
  copyOf,
  forModel,
  freshSheet,
  type Margins,
  pixelsOf,
  readPicture,
  type Sheet,
  withMargins,
} from "./document.ts";

export type Tool = "brush" | "eraser" | "rect" | "lasso";

/** Variants of one edit, growing or finished. */
export interface Result {
  readonly task: "inpaint" | "refine";
  readonly status: "working" | "done" | "failed";
  readonly done: number;
  readonly pictures: readonly DrawnPicture[];
  readonly picked: number;
  /** The class ordered; undefined: the model's best guess. */
  readonly classId: number | undefined;
  readonly seed: number;
  readonly message?: string;
  /** Orders before this one on a server that has others to serve first. */
  readonly waiting?: number | undefined;
  /** Orders the same once more. */
  readonly again: () => void;
}

export interface EditorState {
  /** States of the picture, oldest first, and which is shown. */
  readonly sheets: readonly Sheet[];
  readonly at: number;
  readonly tool: Tool;
  /** Diameter in pixels of the picture. */
  readonly brush: number;
  readonly softness: number;
  /** Undefined: the model's best guess. */
  readonly classId: number | undefined;
  /** Undefined: as the model's rule for edits has it. */
  readonly guidance: number | undefined;
  readonly count: number;
  readonly result: Result | undefined;
}

/** Most states that undo goes back. */
const MOST_SHEETS = 60;

export const useEditor = create<EditorState>()(() => ({
  sheets: [],
  at: -1,
  tool: "brush",
  brush: 14,
  softness: 1,
  classId: undefined,
  guidance: undefined,
  count: 2,
  result: undefined,
}));

export const editor = useEditor.getState;
export const setEditor = useEditor.setState;

export const currentSheet = ({ sheets, at }: EditorState): Sheet | undefined => sheets[at];

/** Shows a new state; what was undone before is gone. */
export function pushSheet(sheet: Sheet): void {
  setEditor(({ sheets, at }) => {
    const kept = [...sheets.slice(0, at + 1), sheet].slice(-MOST_SHEETS);
    return { sheets: kept, at: kept.length - 1, result: undefined };
  });
}

export const canUndo = ({ at }: EditorState): boolean => at > 0;
export const canRedo = ({ sheets, at }: EditorState): boolean => at < sheets.length - 1;

export function undo(): void {
  stopEdit();
  setEditor((state) => (canUndo(state) ? { at: state.at - 1, result: undefined } : {}));
}

export function redo(): void {
  stopEdit();
  setEditor((state) => (canRedo(state) ? { at: state.at + 1, result: undefined } : {}));
}

/** Opens a picture file; says in words what is wrong with one that cannot be opened. */
export async function openPicture(file: Blob, classId?: number): Promise<void> {
  try {
    const image = await readPicture(file);
    stopEdit();
    setEditor({ sheets: [freshSheet(image)], at: 0, result: undefined, classId });
    setStudio({ view: "edit", looking: undefined });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

/** Draws on a copy of the mask and shows it as a new state. */
export function changeMask(draw: (context: CanvasRenderingContext2D) => void): void {
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  const mask = copyOf(sheet.mask);
  draw(contextOf(mask));
  pushSheet({ ...sheet, mask });
}

export function setMargins(margins: Margins): void {
  const sheet = currentSheet(editor());
  if (sheet !== undefined) pushSheet(withMargins(sheet, margins));
}

let stopper: AbortController | undefined;

export function stopEdit(): void {
  stopper?.abort();
  stopper = undefined;
}

/** Paints what is masked, and beyond the picture's edges. */
export async function repaint(): Promise<void> {
  const { softness } = editor();
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  if (!asksForPaint(sheet)) {
    say("Brush over what is to change, or drag an edge of the picture outwards.");
    return;
  }
  await run("inpaint", forModel(sheet, softness));
}

/** Draws the picture at twice its size. */
export async function refineTwice(): Promise<void> {
  const sheet = currentSheet(editor());
  if (sheet === undefined) return;
  const image = pixelsOf(sheet.image);
  await run("refine", { image, size: [2 * image.width, 2 * image.height] as const });
}

type Order = Pick<Parameters<NonNullable<ReturnType<typeof studio>["backend"]>["edit"]>[0], "image" | "mask" | "size">;

async function run(task: Result["task"], order: Order): Promise<void> {
  const { backend, info } = studio();
  if (backend === undefined || info === undefined) return;
  stopEdit();
  const own = new AbortController();
  stopper = own;
  const { classId, guidance, count } = editor();
  const seed = newSeed();
  const start: Result = {
    task,
    status: "working",
    done: 0,
    pictures: [],
    picked: 0,
    classId,
    seed,
    again: () => void run(task, order),
  };
  setEditor({ result: start });
  const update = (change: Partial<Result>): void => {
    if (stopper === own) setEditor(({ result }) => (result ? { result: { ...result, ...change } } : {}));
  };
  try {
    if (!(await openModel())) {
      const { model } = studio();
      throw new Error(model.status === "failed" ? model.message : "The model is not ready");
    }
    const request = { task, ...order, classId, guidance, seed, count };
    for await (const event of backend.edit(request, own.signal)) {
      if (event.kind === "waiting") {
        update({ waiting: event.position });
        continue;
      }
      const { done, pictures } = event;
      const all = [...(editor().result?.pictures ?? [])];
      for (const picture of pictures) all[picture.number] = picture;
      update({ done, pictures: all, waiting: undefined });
    }
    if (own.signal.aborted) setEditor(({ result }) => (result?.status === "working" ? { result: undefined } : {}));
    else update({ status: "done" });
  } catch (error) {
    update({ status: "failed", message: error instanceof Error ? error.message : String(error) });
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

/** Goes on with the chosen variant: it becomes the picture, and is kept in the gallery. */
export async function accept(): Promise<void> {
  const { result } = editor();
  const picture = result?.pictures[result.picked];
  const { info } = studio();
  if (result === undefined || picture === undefined || info === undefined) return;
  const image = await readPicture(picture.image);
  pushSheet(freshSheet(image));
  const { width, height } = image;
  const { seed, task } = result;
  const { classId, label } = paintedClass(result, info.labels);
  const guidance = numberIn(picture.settings, "guidance_scale");
  const kept: KeptEdit = {
    id: crypto.randomUUID(),
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
  setStudio(({ pictures }) => ({ pictures: [kept, ...pictures] }));
  await keepPicture(kept).catch(() => undefined);
  say(`${shownLabel(label)} is in the gallery. Undo brings the picture before it back.`);
}
