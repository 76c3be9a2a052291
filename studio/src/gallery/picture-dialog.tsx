import { useState } from "react";
import { FilmStrip } from "../create/film-strip.tsx";
import { PictureActions } from "../create/picture-actions.tsx";
import type { KeptPicture } from "../state/library.ts";
import { takeSettings } from "../state/repeat.ts";
import { shownLabel } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Facts } from "../ui/controls.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { factsOf } from "./facts.ts";

/** One kept picture: large, with its scales, its settings, and what can be done with it. */
export function PictureDialog({ picture, onClose }: { picture: KeptPicture; onClose(): void }) {
  const { frames, grids, label } = picture;
  const [shown, setShown] = useState(frames.length - 1);
  const name = shownLabel(label);
  return (
    <Dialog title={name} className="wide" onClose={onClose}>
      <div className="look">
        <div className="look-picture">
          <BlobImage
            blob={frames[shown] ?? picture.image}
            alt={shown >= frames.length - 1 ? name : `${name}, scale ${shown + 1} of ${frames.length}`}
          />
        </div>
        <div className="look-side">
          <Facts facts={factsOf(picture)} />
          {picture.task === "draw" && (
            <button type="button" className="link" onClick={() => takeSettings(picture)}>
              Bring these settings into the form
            </button>
          )}
        </div>
      </div>
      {frames.length > 0 && <FilmStrip frames={frames} grids={grids} shown={shown} onShow={setShown} />}
      <PictureActions picture={picture} />
    </Dialog>
  );
}
