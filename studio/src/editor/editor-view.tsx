import "../styles/editor.css";
import { useEffect, useState } from "react";
import { beginDocuments } from "../documents/autosave.ts";
import { DocumentBar } from "../documents/document-bar.tsx";
import { words } from "../state/actions.ts";
import { classOf } from "../state/library.ts";
import { say, set as setStudio, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { Editor, OpenButton, Welcome } from "./editor.tsx";
import { currentSheet, useEditor } from "./editor-store.ts";
import { ExportPhoto } from "./export-photo.tsx";
import { openPicture } from "./history.ts";

/** The editor with the studio's documents and gallery. */
export default function EditorView() {
  const photo = useEditor((state) => currentSheet(state)?.photo);
  const isComing = useDocument();
  const empty = isComing ? (
    <div className="waiting" role="status">
      Opening the document…
    </div>
  ) : (
    <NoPicture />
  );
  return <Editor bar={<DocumentBar />} exporter={photo && <ExportPhoto photo={photo} />} empty={empty} />;
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

/** The empty editor: what it does, and three ways in. */
function NoPicture() {
  const pictures = useStudio((state) => state.pictures);
  return (
    <Welcome>
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
    </Welcome>
  );
}
