/** The editor inside an element. Everything it imports is the studio's own; the build gives each element a copy of its state. */
import { nearLabels } from "flexvar/options";
import { createRoot } from "react-dom/client";
import { folderBackend } from "../backend/folder.ts";
import { serverBackend } from "../backend/server.ts";
import type { Backend } from "../backend/types.ts";
import { currentSheet, editor, setEditor, useEditor } from "../editor/editor-store.ts";
import { backToMask } from "../editor/edits.ts";
import { canRedo, canUndo, openPicture, redo, undo } from "../editor/history.ts";
import { begin } from "../state/actions.ts";
import { editorCommands, listenForKeys } from "../state/commands.ts";
import { followConnection } from "../state/connection.ts";
import { settle } from "../state/place.ts";
import { get, set, shownLabel, useStudio } from "../state/store.ts";
import { listenForPictures } from "./drop.ts";
import { exportImage, shownPng } from "./export.ts";
import type { EditorHandle, EditorHost } from "./host.ts";
import { styleSheet } from "./styles.ts";
import { ElementView } from "./view.tsx";

export function mountEditor(host: EditorHost): EditorHandle {
  const { root, tell } = host;
  let photoWorker: Worker | undefined;
  settle({
    root,
    keeps: false,
    startPhotoWorker() {
      photoWorker = host.startPhotoWorker();
      return photoWorker;
    },
  });
  root.adoptedStyleSheets = [styleSheet()];
  const place = document.createElement("div");
  place.className = "element";
  root.replaceChildren(place);
  const backend = backendOf(host);
  set({ view: "edit", backend });
  const view = createRoot(place);
  view.render(<ElementView tell={tell} />);
  listenForKeys(editorCommands);
  listenForPictures(root);
  const changes = followChanges(tell);
  followProblems(tell);
  const endConnection = followConnection();
  void begin().then(() => get().info && tell("ready", undefined));
  return {
    async open(picture, name) {
      const { classId } = editor();
      if (!(await openPicture(picture, { name, classId }))) throw new Error(get().toast?.text ?? "open: no picture");
    },
    paintAs: (label) => setEditor({ classId: label === undefined ? undefined : classNamed(label) }),
    undo,
    redo,
    exportImage,
    get value() {
      return changes.value();
    },
    close() {
      backToMask();
      endConnection();
      view.unmount();
      backend.release();
      photoWorker?.terminate();
    },
  };
}

function backendOf({ source, startModelWorker }: EditorHost): Backend {
  if ("model" in source) return folderBackend({ ...source, startWorker: startModelWorker });
  const backend = serverBackend(source.server, async () => undefined);
  if (source.token !== undefined) backend.giveToken?.(source.token);
  if (new URL(source.server).origin === location.origin) return backend;
  // Pages of other origins may not show a server's pictures of its classes: their first letters stand for them.
  return { ...backend, describe: async () => ({ ...(await backend.describe()), examples: undefined }) };
}

/** Tells when the picture is another than before, once it can be read. */
function followChanges(tell: EditorHost["tell"]): { value(): Blob | undefined } {
  let [shown, value] = [currentSheet(editor())?.image, undefined as Blob | undefined];
  useEditor.subscribe(async (state) => {
    const sheet = currentSheet(state);
    if (sheet === undefined || sheet.image === shown) return;
    const { image, photo } = sheet;
    shown = image;
    const png = await shownPng(sheet);
    if (shown !== image) return;
    value = png;
    const { width, height } = photo ?? image;
    const now = editor();
    tell("change", { width, height, canUndo: canUndo(now), canRedo: canRedo(now) });
  });
  return { value: () => value };
}

/** Tells what keeps the editor from starting, or from painting. */
function followProblems(tell: EditorHost["tell"]): void {
  useStudio.subscribe(({ broken }, before) => {
    if (broken !== undefined && broken !== before.broken) tell("error", { error: new Error(broken) });
  });
  useEditor.subscribe(({ result }, before) => {
    if (result?.status === "failed" && before.result?.status !== "failed")
      tell("error", { error: new Error(result.message ?? "Nothing was painted") });
  });
}

/** @throws Error with near names where there is no such class. */
function classNamed(label: string): number {
  const labels = get().info?.labels ?? [];
  const plain = (text: string): string => shownLabel(text).toLowerCase();
  const found = /^#\d+$/.test(label)
    ? Number(label.slice(1))
    : labels.findIndex((one) => plain(one) === plain(label.trim()));
  if (labels[found] !== undefined) return found;
  const near = nearLabels(label, labels).slice(0, 3);
  const like = near.length > 0 ? ` such as ${near.join(", ")}` : "";
  throw new Error(`class-label: expected a class of the model${like}, got "${label}"`);
}
