import "../styles/documents.css";
import { editor, useEditor } from "../editor/editor-store.ts";
import { words } from "../state/actions.ts";
import { forFileName, saveFile } from "../state/files.ts";
import { say, set, useStudio } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";

/** The document's name, whether this device holds it, and the way to the others. */
export function DocumentBar() {
  const name = useEditor((state) => state.name);
  const saving = useStudio((state) => state.saving);
  const failed = saving?.status === "failed";
  return (
    <>
      <Button icon="gallery" onClick={() => set({ dialog: "documents" })}>
        Documents
      </Button>
      <div className="document-state">
        <span className="document-name" title={name}>
          {name}
        </span>
        <span className="document-saving" role="status" data-status={saving?.status}>
          {failed
            ? `Not kept: ${saving.message}`
            : saving?.status === "saved"
              ? "Kept on this device"
              : saving && <span aria-hidden="true">Keeping…</span>}
        </span>
      </div>
      {failed && <Button onClick={() => void exportDocument()}>Save as a file</Button>}
    </>
  );
}

/** Hands the open document over as one file. */
export async function exportDocument(): Promise<void> {
  try {
    const { documentFile, EXTENSION } = await import("./file.ts");
    saveFile(await documentFile(editor()), `${forFileName(editor().name)}${EXTENSION}`);
  } catch (error) {
    say(words(error));
  }
}
