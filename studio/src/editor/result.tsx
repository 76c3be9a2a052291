import { useCallback, useState } from "react";
import type { DrawnPicture } from "../backend/types.ts";
import { download } from "../state/gallery.ts";
import { useStudio } from "../state/store.ts";
import { BlobImage, useBlobAddress } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { placeInLine } from "../ui/format.ts";
import { type Sheet, shownScale } from "./document.ts";
import { type PhotoPart, type Result, setEditor } from "./editor-store.ts";
import { accept, backToMask, paintedClass, refinePart } from "./edits.ts";
import type { Frame } from "./view.ts";

/** Variants side by side, and the chosen one laid over the picture before it. */
export function ResultView({ result, sheet }: { result: Result; sheet: Sheet }) {
  const [part, setPart] = useState(50);
  const { pictures, picked, status, done, waiting } = result;
  const chosen = pictures[picked];
  const after = useBlobAddress(chosen?.image);
  const { width, height } = result.part?.region ?? sheet.mask;
  const finished = status === "done";
  return (
    <section className="result" aria-label="Variants" style={{ ["--shape" as string]: width / height }}>
      <div className="compare" style={{ aspectRatio: `${width} / ${height}` }}>
        <Before sheet={sheet} part={result.part?.region} />
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
      {finished && result.part !== undefined && <DetailNote part={result.part} />}
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

/** From so many pixels of a photograph for one of the model's on, it is said. */
const COARSE = 1.3;

/** Says where what was painted is coarser than the photograph, and offers to draw it finer. */
function DetailNote({ part: { region, zoom } }: { part: PhotoPart }) {
  if (zoom < COARSE) return null;
  return (
    <div className="note">
      <p>
        This part is {region.width}×{region.height} pixels of the photo: what the model painted is {zoom.toFixed(1)}{" "}
        times coarser than what is around it.
      </p>
      <Button icon="sharpen" onClick={() => void refinePart()}>
        Refine this part
      </Button>
    </div>
  );
}

function Before({ sheet, part }: { sheet: Sheet; part: Frame | undefined }) {
  const { image, mask, margins } = sheet;
  const draw = useCallback(
    (canvas: HTMLCanvasElement | null) => canvas?.getContext("2d")?.drawImage(image, margins.left, margins.top),
    [image, margins],
  );
  if (part !== undefined) return <PartBefore sheet={sheet} part={part} />;
  return <canvas width={mask.width} height={mask.height} role="img" aria-label="Before" ref={draw} />;
}

/** A part of a photograph as it is shown. */
function PartBefore({ sheet, part }: { sheet: Sheet; part: Frame }) {
  const scale = shownScale(sheet);
  const [width, height] = [Math.ceil(part.width * scale), Math.ceil(part.height * scale)];
  const { image } = sheet;
  const draw = useCallback(
    (canvas: HTMLCanvasElement | null) => {
      const from = [part.left * scale, part.top * scale, part.width * scale, part.height * scale] as const;
      canvas?.getContext("2d")?.drawImage(image, ...from, 0, 0, width, height);
    },
    [image, part, scale, width, height],
  );
  return <canvas width={width} height={height} role="img" aria-label="Before" ref={draw} />;
}
