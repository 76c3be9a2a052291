/** Undo and redo, and what changes the picture: every change can be gone back from, opening another picture too. */

import { isPhotoFile, openPhoto } from "../photo/photo.ts";
import { words } from "../state/actions.ts";
import { newId } from "../state/ids.ts";
import { say, set as setStudio, get as studio, type ToastAction } from "../state/store.ts";
import {
  freshSheet,
  type Margins,
  type MaskChange,
  MOST_SHOWN,
  MOST_SIDE,
  maskWith,
  readPicture,
  type Sheet,
  type ShownPicture,
  sizeOf,
  withMargins,
} from "./document.ts";
import { currentSheet, type EditorDocument, type EditorState, editor, setEditor } from "./editor-store.ts";

/** Most states that undo goes back. */
const MOST_SHEETS = 60;

export const isPainting = ({ result }: EditorState): boolean => result?.status === "working";

/** Says in words that the picture is being painted, where it is. Returns whether it is. */
function refused(): boolean {
  if (!isPainting(editor())) return false;
  say("The picture is still being painted. Stop that first, or wait for it.");
  return true;
}

/** Finished variants that are shown, to be put aside with the picture that they are of; else those put aside before. */
function aside(state: EditorState): EditorState["aside"] {
  const { result } = state;
  const sheet = currentSheet(state);
  return result?.status === "done" && sheet !== undefined ? { sheet, result } : state.aside;
}

/** Leaves the variants for the mask; redo shows finished ones again. */
export function leaveResult(): void {
  setEditor((state) => ({ result: undefined, aside: aside(state) }));
}

/** Bytes of the pictures and masks that undo goes back through, at most. */
const MOST_BYTES = 256 * 2 ** 20;

/** The newest states that together take no more than that; always the last two. */
function withinMemory(sheets: readonly Sheet[]): readonly Sheet[] {
  const seen = new Set<ShownPicture>();
  let bytes = 0;
  for (let i = sheets.length - 1; i >= 0; i--) {
    for (const canvas of [sheets[i]!.image, sheets[i]!.mask])
      if (!seen.has(canvas)) bytes += 4 * canvas.width * canvas.height;
    seen.add(sheets[i]!.image).add(sheets[i]!.mask);
    if (bytes > MOST_BYTES && i < sheets.length - 2) return sheets.slice(i + 1);
  }
  return sheets;
}

/** Shows a new state; what was undone before is gone. */
export function pushSheet(sheet: Sheet): void {
  setEditor((state) => {
    const kept = withinMemory([...state.sheets.slice(0, state.at + 1), sheet].slice(-MOST_SHEETS));
    return { sheets: kept, at: kept.length - 1, result: undefined, aside: aside(state), after: undefined };
  });
}

/** Whether redo shows variants again. */
const hasAside = (state: EditorState): boolean =>
  state.result === undefined && state.aside !== undefined && state.aside.sheet === currentSheet(state);

export const canUndo = (state: EditorState): boolean =>
  !isPainting(state) && (state.result !== undefined || state.at > 0 || state.before !== undefined);
export const canRedo = (state: EditorState): boolean =>
  !isPainting(state) && (hasAside(state) || state.at < state.sheets.length - 1 || state.after !== undefined);

export const documentOf = ({ id, name, source, sheets, at, classId, result, aside }: EditorState): EditorDocument => ({
  id,
  name,
  source,
  sheets,
  at,
  classId,
  result,
  aside,
});

export const isChanged = ({ sheets, result, aside }: EditorState): boolean =>
  sheets.length > 1 || result !== undefined || aside !== undefined;

/** Shows the picture that was open before, as it was left. */
function backToBefore(): void {
  if (editor().before === undefined || refused()) return;
  setEditor((state) => ({ ...state.before, before: undefined, after: documentOf(state) }));
}

/** Goes back: from variants to the mask, from there to the state before, from the first to the picture open before. */
export function undo(): void {
  const state = editor();
  if (!canUndo(state)) return;
  if (state.result !== undefined) leaveResult();
  else if (state.at > 0) setEditor({ at: state.at - 1 });
  else backToBefore();
}

export function redo(): void {
  const state = editor();
  if (!canRedo(state)) return;
  if (hasAside(state)) setEditor({ result: state.aside?.result });
  else if (state.at < state.sheets.length - 1) setEditor({ at: state.at + 1, result: undefined, aside: aside(state) });
  else setEditor({ ...state.after, before: documentOf(state), after: undefined });
}

/** Files of more bytes are photographs before their size is known: the page is spared looking into them. */
const LARGE_FILE = 4 * MOST_SIDE * MOST_SIDE;

const isSmall = ({ width, height }: { readonly width: number; readonly height: number }): boolean =>
  Math.max(width, height) <= MOST_SIDE;

/** A file as its first state: a photograph keeps its original. */
async function sheetOf(file: Blob): Promise<Sheet> {
  const size = file.size < LARGE_FILE ? await sizeOf(file) : undefined;
  if (size && isSmall(size)) return freshSheet(await readPicture(file));
  if (await isPhotoFile(file)) {
    const { photo, shown } = await openPhoto(file, MOST_SHOWN);
    if (!isSmall(photo)) return freshSheet(shown, photo);
    shown.close();
    return freshSheet(await readPicture(file));
  }
  return wholeSheet(file, size ?? (await sizeOf(file)));
}

/** A file of which this browser cannot keep the original. */
async function wholeSheet(file: Blob, size: { readonly width: number; readonly height: number }): Promise<Sheet> {
  if (isSmall(size)) return freshSheet(await readPicture(file));
  const image = await readPicture(file);
  say(
    `This browser cannot keep the original of ${size.width}×${size.height} pixels: it is edited at ${image.width}×${image.height}.`,
  );
  return freshSheet(image);
}

export interface Opening {
  /** As the toast calls it. */
  readonly name: string;
  readonly classId?: number | undefined;
  readonly source?: EditorDocument["source"];
  /** What else the toast offers. */
  readonly more?: ToastAction;
}

/** Opens a picture file, with a way back to a changed one; says in words why one cannot be opened. Returns whether it is open. */
export async function openPicture(file: Blob, { name, classId, source, more }: Opening): Promise<boolean> {
  try {
    const sheet = await sheetOf(file);
    setStudio({ view: "edit", looking: undefined });
    if (refused()) return false;
    const state = editor();
    const known = studio().info?.labels[classId ?? -1] !== undefined;
    const opened = {
      id: newId(),
      name,
      source,
      sheets: [sheet],
      at: 0,
      result: undefined,
      aside: undefined,
      after: undefined,
    };
    const before = isChanged(state) ? documentOf(state) : state.before;
    setEditor({ ...opened, classId: known ? classId : undefined, before });
    const back = isChanged(state) && { label: "Undo", perform: backToBefore };
    const actions = [back, more].filter((one) => one !== undefined && one !== false);
    if (actions.length > 0) say(`Opened ${name}.`, ...actions);
    return true;
  } catch (error) {
    say(words(error));
    return false;
  }
}

/** Draws on a copy of the mask and shows it as a new state. @param change what is drawn; anything by default */
export function changeMask(draw: (context: CanvasRenderingContext2D) => void, change?: MaskChange): void {
  const sheet = currentSheet(editor());
  if (sheet === undefined || refused()) return;
  pushSheet({ ...sheet, mask: maskWith(sheet.mask, draw, change) });
}

export function setMargins(margins: Margins): void {
  const sheet = currentSheet(editor());
  if (sheet !== undefined && !refused()) pushSheet(withMargins(sheet, margins));
}
