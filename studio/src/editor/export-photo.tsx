import { useState } from "react";
import { exportPhoto, type Photo } from "../photo/photo.ts";
import { words } from "../state/actions.ts";
import { say } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";
import { setEditor, useEditor } from "./editor-store.ts";

/** Hands the whole photograph over at its own size, without loss. */
export function ExportPhoto({ photo }: { photo: Photo }) {
  const [busy, setBusy] = useState(false);
  const keepsRecords = useEditor((state) => state.keepsRecords);
  const write = async (): Promise<void> => {
    setBusy(true);
    try {
      const file = await exportPhoto(photo, keepsRecords);
      const address = URL.createObjectURL(file);
      Object.assign(document.createElement("a"), { href: address, download: "photo.png" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      say(words(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <label
        className="check"
        title="Date, place and settings that the camera wrote; never its small copy of the photo"
      >
        <input
          type="checkbox"
          checked={keepsRecords}
          onChange={(event) => setEditor({ keepsRecords: event.target.checked })}
        />
        <span>Camera data</span>
      </label>
      <Button icon="download" disabled={busy} aria-busy={busy} onClick={() => void write()}>
        {busy ? "Writing…" : "Export"}
      </Button>
    </>
  );
}
