import { useState } from "react";
import type { DrawnPicture } from "../backend/types.ts";
import { download } from "../state/gallery.ts";
import { useStudio } from "../state/store.ts";
import { BlobImage, useBlobAddress } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { placeInLine } from "../ui/format.ts";
import type { Sheet } from "./document.ts";
import { type Result, setEditor } from "./editor-store.ts";
import { accept, backToMask, paintedClass } from "./edits.ts";

/** Variants side by side, and the chosen one laid over the picture before it. */
export function ResultView({ result, sheet }: { result: Result; sheet: Sheet }) {
  const [part, setPart] = useState(50);
  const { pictures, picked, status, done, waiting } = result;
  const chosen = pictures[picked];
  const after = useBlobAddress(chosen?.image);
  const { width, height } = sheet.mask;
  const finished = status === "done";
  return (
    <section className="result" aria-label="Variants" style={{ ["--shape" as string]: width / height }}>
      <div className="compare" style={{ aspectRatio: `${width} / ${height}` }}>
        <Before sheet={sheet} />
        {after && (
          <img
            src={after}
            alt={finished ? "After" : "The picture so far"}
            style={{ clipPath: finished ? `inset(0 0 0 ${part}%)` : undefined }}
            draggable={false}
          />
        )}
        {finished && <span className="compare-line" style={{ left: `${part}%` }} aria-hidden="true" />}
        {finished && (
          <input
            type="range"
            className="compare-slider"
            aria-label="Before and after"
            aria-valuetext={`${part} % before`}
            min={0}
            max={100}
            value={part}
            onChange={(event) => setPart(Number(event.target.value))}
          />
        )}
      </div>
      {pictures.length > 1 && (
        // biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields.
        <div className="variants" role="group" aria-label="Choose a variant">
          {pictures.map(({ number, image }) => (
            <button
              key={number}
              type="button"
              className="variant"
              aria-pressed={number === picked}
              onClick={() => setEditor({ result: { ...result, picked: number } })}
            >
              <BlobImage blob={image} alt={`Variant ${number + 1}`} />
            </button>
          ))}
        </div>
      )}
      <p className="hint" role="status">
        {finished
          ? "Drag across the picture: before on the left, after on the right."
          : waiting === undefined
            ? `Painting, ${Math.round(100 * done)} %`
            : placeInLine(waiting)}
      </p>
      <ResultActions result={result} />
    </section>
  );
}

function ResultActions({ result }: { result: Result }) {
  const labels = useStudio((state) => state.info?.labels);
  const { pictures, picked, seed, status } = result;
  const chosen = pictures[picked];
  if (status !== "done")
    return (
      <div className="actions">
        <Button icon="stop" onClick={backToMask}>
          Stop
        </Button>
      </div>
    );
  const save = ({ image, number }: DrawnPicture): void =>
    download({ label: paintedClass(result, labels ?? []).label, image, request: { seed, firstIndex: number } });
  return (
    <div className="actions">
      <Button icon="draw" kind="primary" onClick={() => void accept()}>
        Go on with this
      </Button>
      {chosen && (
        <Button icon="download" onClick={() => save(chosen)}>
          Download PNG
        </Button>
      )}
      <Button kind="quiet" onClick={backToMask}>
        Back to the mask
      </Button>
    </div>
  );
}

function Before({ sheet }: { sheet: Sheet }) {
  const { image, mask, margins } = sheet;
  return (
    <canvas
      width={mask.width}
      height={mask.height}
      role="img"
      aria-label="Before"
      ref={(canvas) => {
        const context = canvas?.getContext("2d");
        context?.clearRect(0, 0, mask.width, mask.height);
        context?.drawImage(image, margins.left, margins.top);
      }}
    />
  );
}
