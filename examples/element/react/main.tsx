import "flexvar/element";
import type { ChangeDetail, FlexvarEditorElement, FlexvarEditorEventMap } from "flexvar/element";
import { type DetailedHTMLProps, type HTMLAttributes, useState } from "react";
import { createRoot } from "react-dom/client";
import "../html/page.css";

/** The element in TSX: React 19 listens to its events by `on` and their names, and sets `image` as a property. */
interface EditorProps extends DetailedHTMLProps<HTMLAttributes<FlexvarEditorElement>, FlexvarEditorElement> {
  model?: string;
  server?: string;
  src?: string;
  "class-label"?: string;
  image?: Blob | ImageBitmap | undefined;
  onchange?: (event: FlexvarEditorEventMap["change"]) => void;
  onexport?: (event: FlexvarEditorEventMap["export"]) => void;
  onerror?: (event: FlexvarEditorEventMap["error"]) => void;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "flexvar-editor": EditorProps;
    }
  }
}

function App() {
  const [size, setSize] = useState<ChangeDetail>();
  const [result, setResult] = useState<string>();
  const [problem, setProblem] = useState<string>();
  return (
    <>
      <h1>Your profile picture</h1>
      <flexvar-editor
        model="flexvar/model/"
        src="picture.png"
        onchange={({ detail }) => setSize(detail)}
        onerror={({ detail }) => setProblem(detail.error.message)}
        onexport={(event) => {
          event.preventDefault();
          setResult(URL.createObjectURL(event.detail.blob));
        }}
      />
      <p id="state" role="status">
        {problem ?? (size && `The picture has ${size.width} by ${size.height} pixels.`)}
      </p>
      {result && <img id="result" src={result} alt="What the editor handed over" />}
    </>
  );
}

createRoot(document.getElementById("root")!).render(<App />);
