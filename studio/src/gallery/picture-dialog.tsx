import { useState } from "react";
import { FilmStrip } from "../create/film-strip.tsx";
import { PictureActions } from "../create/picture-actions.tsx";
import { takeSettings } from "../state/actions.ts";
import { type KeptPicture, MADE_BY, numberIn } from "../state/library.ts";
import { shownLabel } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Facts } from "../ui/controls.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { sizeName } from "../ui/format.ts";

/** One kept picture: large, with its scales, its settings, and what can be done with it. */
export function PictureDialog({ picture, onClose }: { picture: KeptPicture; onClose(): void }) {
  const { frames, grids, request, settings, label, model, createdAt } = picture;
  const guidance = numberIn(settings, "guidance_scale") ?? request.guidance;
  const [shown, setShown] = useState(frames.length - 1);
  const name = shownLabel(label);
  const facts: readonly (readonly [string, string])[] = [
    ["Size", `${sizeName(request)} px`],
    ["Made by", MADE_BY[picture.task]],
    ...(grids.length > 0 ? [["Scales", `${grids.length}`] as const] : []),
    ...(guidance === undefined ? [] : [["Guidance", `${guidance}`] as const]),
    ...(typeof settings?.style === "string" ? [["Style", shownLabel(settings.style)] as const] : []),
    ["Seed", `${request.seed}`],
    ["Number", `${request.firstIndex + 1} of its seed`],
    ["Model", model],
    ["Drawn", new Date(createdAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })],
  ];
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
          <Facts facts={facts} />
          {picture.task === "draw" && (
            <button type="button" className="link" onClick={() => takeSettings(picture.request)}>
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
