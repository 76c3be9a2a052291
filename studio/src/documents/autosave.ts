/** Documents of the editor, saved whenever they change, and opened again as they were left. */
import { type EditorDocument, type EditorState, editor, setEditor, useEditor } from "../editor/editor-store.ts";
import { documentOf, isChanged } from "../editor/history.ts";
import { whyNotKept } from "../state/database.ts";
import { lastSession } from "../state/session.ts";
import { set as setStudio, get as studio } from "../state/store.ts";
import { deleteDocument, type LoadedDocument, loadDocument, saveDocument } from "./storage.ts";
import type { DocumentFacts } from "./stored.ts";

/** A change is saved after this long, together with those that follow it meanwhile. */
const DELAY_MS = 250;
/** Longest side of the picture in the list of documents. */
const THUMBNAIL_SIDE = 160;

/** What is kept of a document. */
interface KeptDocument {
  readonly document: Omit<EditorDocument, "id" | "name">;
  /** Tools and orders of the editor's panel. */
  readonly form: Partial<EditorState>;
}

/** What a document holds, to be packed: variants that are still painted, and documents to undo to, are not kept. */
export function contentOf(state: EditorState): KeptDocument {
  const { id: _, name: __, ...document } = documentOf(state);
  const { result } = document;
  const form = Object.fromEntries(Object.entries(state).filter(([key]) => !NOT_FORM.has(key)));
  return { document: { ...document, result: result?.status === "done" ? result : undefined }, form };
}

const NOT_FORM: ReadonlySet<string> = new Set([
  ...(["id", "name", "source", "sheets", "at", "classId", "result", "aside"] satisfies (keyof EditorDocument)[]),
  ...(["before", "after"] satisfies (keyof EditorState)[]),
]);

/** States that storage does not hold yet, by document. */
const pending = new Map<string, EditorState>();
let timer: ReturnType<typeof setTimeout> | undefined;
let saving: Promise<void> | undefined;
/** Set while a document is shown that storage holds as it is. */
let isLoading = false;

const isOpen = ({ sheets, id }: EditorState): boolean => sheets.length > 0 && id !== "";

let hasBegun = false;

/** Begins to save what is edited, and opens what was open when the tab was left. */
export async function beginDocuments(): Promise<void> {
  if (hasBegun) return;
  hasBegun = true;
  useEditor.subscribe(changed);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void flush());
  addEventListener("beforeunload", (event) => {
    if (pending.size === 0) return;
    void flush();
    event.preventDefault();
  });
  if (isOpen(editor())) changed(editor(), editor());
  const left = await lastSession();
  if (!isOpen(editor()) && left?.documentId !== undefined) await openDocument(left.documentId);
}

function changed(state: EditorState, before: EditorState): void {
  const { result, sheets, id } = state;
  const painting = result?.status === "working" ? result.done : undefined;
  if (painting !== studio().painting) setStudio({ painting });
  const documentId = isOpen(state) ? id : undefined;
  if (documentId !== studio().documentId) setStudio({ documentId });
  if (id !== before.id) void left(before);
  // Scales of variants under way are not kept.
  if (
    !isOpen(state) ||
    isLoading ||
    (painting !== undefined && before.result !== undefined && sheets === before.sheets)
  )
    return;
  pending.set(id, state);
  clearTimeout(timer);
  timer = setTimeout(() => void flush(), DELAY_MS);
  if (studio().saving?.status !== "failed") setStudio({ saving: { status: "saving" } });
}

/** A picture of the gallery with which nothing was done is no document of its own once it is left. */
async function left(state: EditorState): Promise<void> {
  if (!isOpen(state) || state.source !== "gallery" || isChanged(state)) return;
  pending.delete(state.id);
  await saving;
  await deleteDocument(state.id).catch(() => undefined);
}

/** Saves at once what is not saved yet. */
export function flush(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const next = (saving ?? Promise.resolve()).then(saveAll).finally(() => {
    if (saving === next) saving = undefined;
  });
  saving = next;
  return next;
}

async function saveAll(): Promise<void> {
  try {
    for (const [id, state] of pending) {
      const facts = await saveDocument(await factsOf(state), contentOf(state));
      if (pending.get(id) === state) pending.delete(id);
      if (facts.id !== id) renamed(id, facts);
    }
    if (pending.size === 0) setStudio({ saving: isOpen(editor()) ? { status: "saved" } : undefined });
  } catch (error) {
    setStudio({ saving: { status: "failed", message: whyNotKept(error) } });
  }
}

/** Another tab had saved the document as well: this tab goes on with its own. */
function renamed(from: string, { id, name }: DocumentFacts): void {
  const later = pending.get(from);
  pending.delete(from);
  if (later !== undefined) pending.set(id, { ...later, id, name });
  if (editor().id !== from) return;
  isLoading = true;
  setEditor({ id, name });
  isLoading = false;
}

/** What the list shows of a document. */
export async function factsOf({
  id,
  name,
  sheets,
  at,
}: Pick<EditorDocument, "id" | "name" | "sheets" | "at">): Promise<DocumentFacts> {
  const { image, mask } = sheets[at]!;
  const shrink = Math.min(1, THUMBNAIL_SIDE / Math.max(image.width, image.height));
  const small = document.createElement("canvas");
  small.width = Math.max(1, Math.round(image.width * shrink));
  small.height = Math.max(1, Math.round(image.height * shrink));
  small.getContext("2d")?.drawImage(image, 0, 0, small.width, small.height);
  const thumbnail = await new Promise<Blob | null>((done) => small.toBlob(done, "image/png"));
  const { width, height } = mask;
  return { id, name, changedAt: Date.now(), width, height, thumbnail: thumbnail ?? new Blob() };
}

/** Opens a document of this device, as it was left. Returns whether it is there. @throws Error in words where it is damaged. */
export async function openDocument(id: string): Promise<boolean> {
  await flush();
  const loaded = await loadDocument(id);
  if (loaded === undefined) return false;
  isLoading = true;
  show(loaded);
  isLoading = false;
  setStudio({ saving: { status: "saved" } });
  return true;
}

/** Shows a document, with undo to one that could not be saved. */
export function show({ facts: { id, name }, value }: LoadedDocument): void {
  const { document, form } = value as KeptDocument;
  const before = pending.size > 0 && isOpen(editor()) ? documentOf(editor()) : undefined;
  // What the document does not say is as in a fresh editor.
  setEditor({ ...useEditor.getInitialState(), ...form, ...document, id, name, before }, true);
}

/** Closes the document, which stays in the list. One that could not be saved stays open. Returns whether it is closed. */
export async function closeDocument(): Promise<boolean> {
  await flush();
  if (pending.size > 0) return false;
  const nothing = { result: undefined, aside: undefined, before: undefined, after: undefined };
  setEditor({ id: "", name: "", source: undefined, sheets: [], at: -1, ...nothing });
  setStudio({ saving: undefined });
  return true;
}
