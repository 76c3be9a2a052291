/** Undo and redo, and what changes the picture: every change can be gone back from, opening another picture too. */
import { say, set as setStudio } from "../state/store.ts";
import { contextOf, copyOf, freshSheet, type Margins, readPicture, type Sheet, withMargins } from "./document.ts";
import { currentSheet, type EditorState, editor, setEditor } from "./editor-store.ts";

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

/** Shows a new state; what was undone before is gone. */
export function pushSheet(sheet: Sheet): void {
  setEditor((state) => {
    const kept = [...state.sheets.slice(0, state.at + 1), sheet].slice(-MOST_SHEETS);
    return { sheets: kept, at: kept.length - 1, result: undefined, aside: aside(state) };
  });
}

/** Whether redo shows variants again. */
const hasAside = (state: EditorState): boolean =>
  state.result === undefined && state.aside !== undefined && state.aside.sheet === currentSheet(state);

export const canUndo = (state: EditorState): boolean =>
  !isPainting(state) && (state.result !== undefined || state.at > 0);
export const canRedo = (state: EditorState): boolean =>
  !isPainting(state) && (hasAside(state) || state.at < state.sheets.length - 1);

/** Goes back: from variants to the mask, from there to the state before. */
export function undo(): void {
  const state = editor();
  if (!canUndo(state)) return;
  if (state.result !== undefined) leaveResult();
  else setEditor({ at: state.at - 1 });
}

export function redo(): void {
  const state = editor();
  if (!canRedo(state)) return;
  if (hasAside(state)) setEditor({ result: state.aside?.result });
  else setEditor({ at: state.at + 1, result: undefined, aside: aside(state) });
}

/** Opens a picture file; says in words what is wrong with one that cannot be opened. */
export async function openPicture(file: Blob, classId?: number): Promise<void> {
  try {
    const image = await readPicture(file);
    if (refused()) return;
    setEditor({ sheets: [freshSheet(image)], at: 0, result: undefined, classId });
    setStudio({ view: "edit", looking: undefined });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}

/** Draws on a copy of the mask and shows it as a new state. */
export function changeMask(draw: (context: CanvasRenderingContext2D) => void): void {
  const sheet = currentSheet(editor());
  if (sheet === undefined || refused()) return;
  const mask = copyOf(sheet.mask);
  draw(contextOf(mask));
  pushSheet({ ...sheet, mask });
}

export function setMargins(margins: Margins): void {
  const sheet = currentSheet(editor());
  if (sheet !== undefined && !refused()) pushSheet(withMargins(sheet, margins));
}
