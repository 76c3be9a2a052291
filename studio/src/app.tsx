import { lazy, Suspense } from "react";
import { CreateView } from "./create/create-view.tsx";
import { GalleryView } from "./gallery/gallery-view.tsx";
import { set, useStudio } from "./state/store.ts";
import { ConnectionLine } from "./ui/connection-line.tsx";
import { Header } from "./ui/header.tsx";
import { KeysDialog } from "./ui/keys-dialog.tsx";
import { LinkDialog } from "./ui/link-dialog.tsx";
import { ModelDialog } from "./ui/model-dialog.tsx";
import { OtherModelDialog } from "./ui/other-model-dialog.tsx";
import { Problem } from "./ui/problem.tsx";
import { ToastLine } from "./ui/toast-line.tsx";

const DocumentsDialog = lazy(() => import("./documents/documents-dialog.tsx"));
/** With the canvas library, loaded when it is first needed. */
const EditorView = lazy(() => import("./editor/editor-view.tsx"));

export function App() {
  const view = useStudio((state) => state.view);
  const broken = useStudio((state) => state.broken);
  const dialog = useStudio((state) => state.dialog);
  const close = () => set({ dialog: undefined });
  return (
    <div className="app">
      <button type="button" className="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <Header />
      <ConnectionLine />
      <main id="main" tabIndex={-1}>
        {broken !== undefined && view === "create" ? (
          <Problem title="The studio could not start" text={broken} perform={() => location.reload()} />
        ) : view === "gallery" ? (
          <GalleryView />
        ) : view === "edit" ? (
          <Suspense fallback={<div className="waiting">Opening the editor…</div>}>
            <EditorView />
          </Suspense>
        ) : (
          <CreateView />
        )}
      </main>
      {dialog === "model" && <ModelDialog onClose={close} />}
      {dialog === "documents" && (
        <Suspense>
          <DocumentsDialog onClose={close} />
        </Suspense>
      )}
      {dialog === "other-model" && <OtherModelDialog onClose={close} />}
      {dialog === "link" && <LinkDialog onClose={close} />}
      {dialog === "keys" && <KeysDialog onClose={close} />}
      <ToastLine />
      <DropSign />
    </div>
  );
}

/** Shown while files are held over the page. */
function DropSign() {
  const dragging = useStudio((state) => state.dragging);
  const view = useStudio((state) => state.view);
  if (!dragging) return null;
  return (
    <div className="drop-sign" aria-hidden="true">
      {view === "gallery"
        ? "Drop pictures that were drawn here: they come into the gallery with their settings"
        : "Drop pictures: their settings come into the form, or they open in the editor"}
    </div>
  );
}
