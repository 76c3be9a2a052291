import { Editor, OpenButton, Welcome } from "../editor/editor.tsx";
import { begin, words } from "../state/actions.ts";
import { saveFile } from "../state/files.ts";
import { say, useStudio } from "../state/store.ts";
import { ConnectionLine } from "../ui/connection-line.tsx";
import { Button } from "../ui/controls.tsx";
import { Problem } from "../ui/problem.tsx";
import { ToastLine } from "../ui/toast-line.tsx";
import { TokenForm } from "../ui/token-form.tsx";
import { exportImage, fileNameOf } from "./export.ts";
import type { EditorHost } from "./host.ts";

/** The editor as an element shows it. */
export function ElementView({ tell }: Pick<EditorHost, "tell">) {
  const dragging = useStudio((state) => state.dragging);
  return (
    <div className="app">
      <ConnectionLine />
      <main>
        <Content tell={tell} />
      </main>
      <ToastLine />
      {dragging && (
        <div className="drop-sign" aria-hidden="true">
          Drop a picture: it opens in the editor
        </div>
      )}
    </div>
  );
}

function Content({ tell }: Pick<EditorHost, "tell">) {
  const broken = useStudio((state) => state.broken);
  const info = useStudio((state) => state.info);
  const asked = useStudio(({ model }) => (model.status === "failed" && model.needsToken ? model.message : undefined));
  if (asked !== undefined) return <TokenForm text={asked} />;
  if (broken !== undefined)
    return <Problem title="The editor could not start" text={broken} perform={() => void begin()} />;
  if (info === undefined)
    return (
      <div className="waiting" role="status">
        Opening the editor…
      </div>
    );
  return <Editor bar={<ModelState />} exporter={<ExportButton tell={tell} />} empty={<NoPicture />} />;
}

/** How far the model has come, while it is opened. */
function ModelState() {
  const model = useStudio((state) => state.model);
  const progress = model.status === "opening" ? model.progress : undefined;
  const share = progress && progress.total > 0 ? `, ${Math.floor((100 * progress.loaded) / progress.total)} %` : "";
  return (
    <span className="model-state" role="status">
      {model.status === "opening" && `Opening the model${share}`}
    </span>
  );
}

function ExportButton({ tell }: Pick<EditorHost, "tell">) {
  const hand = async (): Promise<void> => {
    try {
      const exported = await exportImage();
      if (tell("export", exported)) saveFile(exported.blob, fileNameOf(exported.blob));
    } catch (error) {
      say(words(error));
    }
  };
  return (
    <Button icon="download" onClick={() => void hand()}>
      Export
    </Button>
  );
}

function NoPicture() {
  return (
    <Welcome>
      <p>
        Brush over what should be different, or drag an edge outwards to continue the picture. Open a file, or drop or
        paste one here.
      </p>
      <div className="row">
        <OpenButton primary />
      </div>
    </Welcome>
  );
}
