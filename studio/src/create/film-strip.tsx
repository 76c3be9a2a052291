import type { Grid } from "flexvar/web";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { BlobImage } from "../ui/blob-image.tsx";
import { gridName } from "../ui/format.ts";
import { scrolling } from "../ui/motion.ts";

interface Props {
  readonly frames: readonly Blob[];
  readonly grids: readonly Grid[];
  readonly shown: number;
  onShow(index: number): void;
}

/** Every scale of a picture, coarse to fine; those to come are empty frames. Arrow keys go along it. */
export function FilmStrip({ frames, grids, shown, onShow }: Props) {
  const strip = useRef<HTMLDivElement>(null);
  const newest = frames.length - 1;
  const [high, wide] = grids.at(-1) ?? [1, 1];
  useEffect(() => {
    const own = strip.current;
    const frame = own?.children[newest] as HTMLElement | undefined;
    if (own && frame) own.scrollTo({ left: frame.offsetLeft - own.clientWidth / 2, behavior: scrolling() });
  }, [newest]);
  const step = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = shown + by;
    if (by === 0 || next < 0 || next > newest) return;
    event.preventDefault();
    onShow(next);
    (strip.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields.
    <div
      className="film"
      ref={strip}
      role="group"
      aria-label="Scales, coarse to fine"
      style={{ ["--wide" as string]: wide / high }}
      onKeyDown={step}
    >
      {grids.map((grid, index) => {
        const frame = frames[index];
        const key = `${index}-${gridName(grid)}`;
        return frame === undefined ? (
          <span key={key} className="film-frame empty">
            <span className="film-picture" style={{ aspectRatio: `${grid[1]} / ${grid[0]}` }} />
            <span className="film-name">{gridName(grid)}</span>
          </span>
        ) : (
          <button
            key={key}
            type="button"
            className="film-frame"
            aria-pressed={index === shown}
            tabIndex={index === shown ? 0 : -1}
            onClick={() => onShow(index)}
          >
            <BlobImage blob={frame} alt={`Scale ${index + 1} of ${grids.length},`} className="film-picture" />
            <span className="film-name">{gridName(grid)}</span>
          </button>
        );
      })}
    </div>
  );
}
