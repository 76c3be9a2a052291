import { useCallback, useEffect, useState } from "react";
import { editor, useEditor } from "../editor/editor-store.ts";
import { words } from "../state/actions.ts";
import { listen } from "../state/channel.ts";
import { whyNotKept } from "../state/database.ts";
import { say, set, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { dayName, sizeName } from "../ui/format.ts";
import { Icon } from "../ui/icons.tsx";
import { beginDocuments, closeDocument, flush, openDocument, show } from "./autosave.ts";
import { exportDocument } from "./document-bar.tsx";
import { allDocuments, deleteDocument } from "./storage.ts";
import type { DocumentFacts } from "./stored.ts";

/** The documents of this device: opened, handed over as files, taken from files, deleted. */
export default function DocumentsDialog({ onClose }: { onClose(): void }) {
  const [documents, problem, read] = useDocuments();
  const open = useEditor((state) => state.sheets.length > 0);
  return (
    <Dialog title="Documents" className="wide" onClose={onClose}>
      {problem !== undefined && (
        <p className="note bad" role="alert">
          {problem} A document stays open in this tab; save it as a file to have it later.
        </p>
      )}
      {documents?.length === 0 && problem === undefined && (
        <p className="note">
          What you edit is kept here by itself, with all its steps, and opened again as you left it.
        </p>
      )}
      <ul className="documents">
        {documents?.map((one) => (
          <li key={one.id}>
            <DocumentRow facts={one} onClose={onClose} onDeleted={read} />
          </li>
        ))}
      </ul>
      <div className="row end">
        <label className="button">
          <Icon name="open" />
          Open a document's file
          <input
            type="file"
            accept=".zip,application/zip"
            className="hidden"
            onChange={({ target }) => {
              const file = target.files?.[0];
              if (file) void importDocument(file).then((isOpen) => isOpen && onClose());
              target.value = "";
            }}
          />
        </label>
        {open && (
          <>
            <Button icon="download" onClick={() => void exportDocument()}>
              Save the open one as a file
            </Button>
            <Button onClick={() => void closeDocument().then((isClosed) => isClosed && onClose())}>
              Close the open one
            </Button>
          </>
        )}
      </div>
    </Dialog>
  );
}

/** The list as storage has it, why it cannot be read, and how it is read anew. */
function useDocuments(): [readonly DocumentFacts[] | undefined, string | undefined, () => void] {
  const [documents, setDocuments] = useState<readonly DocumentFacts[]>();
  const [problem, setProblem] = useState<string>();
  const read = useCallback(() => {
    flush()
      .then(allDocuments)
      .then(setDocuments, (error: unknown) => setProblem(whyNotKept(error)));
  }, []);
  useEffect(() => {
    read();
    return listen(({ kind }) => kind === "documents" && read());
  }, [read]);
  return [documents, problem, read];
}

interface RowProps {
  readonly facts: DocumentFacts;
  onClose(): void;
  onDeleted(): void;
}

function DocumentRow({ facts, onClose, onDeleted }: RowProps) {
  const { id, name, changedAt, thumbnail } = facts;
  const isOpen = useStudio((state) => state.documentId === id);
  const open = async (): Promise<void> => {
    try {
      await beginDocuments();
      if (!(await openDocument(id))) say(`${name} is not there any more.`);
      set({ view: "edit" });
      onClose();
    } catch (error) {
      say(words(error));
    }
  };
  const remove = async (): Promise<void> => {
    if (editor().id === id) await closeDocument();
    await deleteDocument(id).catch((error: unknown) => say(whyNotKept(error)));
    onDeleted();
  };
  const time = new Date(changedAt).toLocaleTimeString(undefined, { timeStyle: "short" });
  return (
    <div className="document" data-open={isOpen}>
      <button type="button" className="document-open" onClick={() => void open()}>
        <BlobImage blob={thumbnail} alt="" className="document-picture" />
        <span>
          <span className="card-name">{name}</span>
          <span className="card-more">
            {sizeName(facts)} px, {dayName(changedAt)} {time}
            {isOpen && ", open"}
          </span>
        </span>
      </button>
      <Button icon="trash" kind="quiet danger square" aria-label={`Delete ${name}`} onClick={() => void remove()} />
    </div>
  );
}

/** Opens a document of a file beside those that are there. Returns whether it is open; says in words why not. */
export async function importDocument(file: Blob): Promise<boolean> {
  try {
    await beginDocuments();
    const { readDocumentFile } = await import("./file.ts");
    const loaded = await readDocumentFile(file);
    await flush();
    show(loaded);
    set({ view: "edit" });
    return true;
  } catch (error) {
    say(words(error));
    return false;
  }
}
