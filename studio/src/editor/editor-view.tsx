import "../styles/editor.css";
import { useEffect, useState } from "react";
import { beginDocuments } from "../documents/autosave.ts";
import { DocumentBar } from "../documents/document-bar.tsx";
import { words } from "../state/actions.ts";
import { CONTROL } from "../state/commands.ts";
import { classOf } from "../state/library.ts";
import { say, set as setStudio, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/icons.tsx";
import { Problem } from "../ui/problem.tsx";
import { EditorCanvas } from "./canvas.tsx";
import { currentSheet, useEditor } from "./editor-store.ts";
import { backToMask } from "./edits.ts";
import { ExportPhoto } from "./export-photo.tsx";
import { canRedo, canUndo, openPicture, redo, undo } from "./history.ts";
import { Panel } from "./panel.tsx";
import { ResultView } from "./result.tsx";

/** Repainting parts of a picture, and painting beyond its edges. */
export default function EditorView() {
  const sheet = useEditor(currentSheet);
  const name = useEditor((state) => state.name);
  const result = useEditor((state) => state.result);
  const isComing = useDocument();
  if (sheet === undefined)
    return isComing ? (
      <div className="waiting" role="status">
        Opening the document…
      </div>
    ) : (
      <NoPicture />
    );
  return (
    <div className="create editor">
      <Panel />
      <section className="stage" aria-label="Editor">
        <h2 className="hidden">{name}</h2>
        <Toolbar />
        {result === undefined ? (
          <EditorCanvas sheet={sheet} />
        ) : result.status === "failed" ? (
          <Problem title="Nothing was painted" text={result.message ?? ""} perform={result.again}>
            <Button kind="quiet" onClick={backToMask}>
              Back to the mask
            </Button>
          </Problem>
        ) : (
          <ResultView result={result} sheet={sheet} />
        )}
      </section>
    </div>
  );
}

/** Opens the document that was open when the tab was left. Returns whether it is still coming. */
function useDocument(): boolean {
  const [isComing, setComing] = useState(true);
  useEffect(() => {
    beginDocuments()
      .catch((error: unknown) => say(words(error)))
      .finally(() => setComing(false));
  }, []);
  return isComing;
}

function Toolbar() {
  const photo = useEditor((state) => currentSheet(state)?.photo);
  const undoable = useEditor(canUndo);
  const redoable = useEditor(canRedo);
  return (
    <div className="toolbar" role="toolbar" aria-label="Editor">
      <OpenButton />
      <DocumentBar />
      <span className="toolbar-gap" />
      {photo && <ExportPhoto photo={photo} />}
      <Button
        icon="undo"
        kind="square"
        aria-label="Undo"
        title={`Undo (${CONTROL} Z)`}
        disabled={!undoable}
        onClick={undo}
      />
      <Button
        icon="redo"
        kind="square"
        aria-label="Redo"
        title={`Redo (${CONTROL} Shift Z)`}
        disabled={!redoable}
        onClick={redo}
      />
    </div>
  );
}

function OpenButton({ primary = false }: { primary?: boolean }) {
  return (
    <label className={`button ${primary ? "primary" : ""}`}>
      <Icon name="open" />
      Open a picture
      <input
        type="file"
        accept="image/*"
        className="hidden"
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) void openPicture(file, { name: file.name });
          event.target.value = "";
        }}
      />
    </label>
  );
}

/** The empty editor: what it does, and three ways in. */
function NoPicture() {
  const pictures = useStudio((state) => state.pictures);
  return (
    <div className="welcome">
      <div className="empty-edit" aria-hidden="true">
        <span />
      </div>
      <h2>Change part of a picture</h2>
      <p>
        Brush over what should be different, or drag an edge outwards to continue the picture. Open a file, drop or
        paste one here, or take one that you drew.
      </p>
      <div className="row">
        <OpenButton primary />
        <Button icon="gallery" onClick={() => setStudio({ dialog: "documents" })}>
          Documents
        </Button>
      </div>
      {pictures.length > 0 && (
        <ul className="suggestions">
          {pictures.slice(0, 6).map((picture) => (
            <li key={picture.id}>
              <button
                type="button"
                className="suggestion"
                onClick={() =>
                  void openPicture(picture.image, {
                    name: shownLabel(picture.label),
                    classId: classOf(picture),
                    source: "gallery",
                  })
                }
              >
                <span className="class-picture">
                  <BlobImage blob={picture.image} alt="" />
                </span>
                <span>{shownLabel(picture.label)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
