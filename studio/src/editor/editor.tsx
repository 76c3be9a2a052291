import type { ReactNode } from "react";
import { CONTROL } from "../state/commands.ts";
import { Button } from "../ui/controls.tsx";
import { Icon } from "../ui/icons.tsx";
import { Problem } from "../ui/problem.tsx";
import { EditorCanvas } from "./canvas.tsx";
import { currentSheet, useEditor } from "./editor-store.ts";
import { backToMask } from "./edits.ts";
import { canRedo, canUndo, openPicture, redo, undo } from "./history.ts";
import { Panel } from "./panel.tsx";
import { ResultView } from "./result.tsx";

interface EditorProps {
  /** In the toolbar, beside the button that opens a picture. */
  readonly bar: ReactNode;
  /** What hands the picture over. */
  readonly exporter: ReactNode;
  /** Shown while no picture is open. */
  readonly empty: ReactNode;
}

/** Repainting parts of a picture, and painting beyond its edges, whoever shows it. */
export function Editor({ bar, exporter, empty }: EditorProps) {
  const sheet = useEditor(currentSheet);
  const name = useEditor((state) => state.name);
  const result = useEditor((state) => state.result);
  if (sheet === undefined) return empty;
  return (
    <div className="create editor">
      <Panel />
      <section className="stage" aria-label="Editor">
        <h2 className="hidden">{name}</h2>
        <Toolbar bar={bar} exporter={exporter} />
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

function Toolbar({ bar, exporter }: Pick<EditorProps, "bar" | "exporter">) {
  const undoable = useEditor(canUndo);
  const redoable = useEditor(canRedo);
  return (
    <div className="toolbar" role="toolbar" aria-label="Editor">
      <OpenButton />
      {bar}
      <span className="toolbar-gap" />
      {exporter}
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

export function OpenButton({ primary = false }: { primary?: boolean }) {
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

/** The empty editor: what it does, and ways in. */
export function Welcome({ children }: { children: ReactNode }) {
  return (
    <div className="welcome">
      <div className="empty-edit" aria-hidden="true">
        <span />
      </div>
      <h2>Change part of a picture</h2>
      {children}
    </div>
  );
}
