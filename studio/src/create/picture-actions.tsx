import { addPictures, copy, download, remove } from "../state/gallery.ts";
import { classOf, type KeptPicture } from "../state/library.ts";
import { repeat, vary } from "../state/repeat.ts";
import { linkOf } from "../state/share.ts";
import { set, shownLabel } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";

/** What can be done with a finished picture. */
export function PictureActions({ picture }: { picture: KeptPicture }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields.
    <div className="actions" role="group" aria-label="With this picture">
      <Button icon="download" kind="primary" onClick={() => download(picture)}>
        Download PNG
      </Button>
      <Button icon="edit" onClick={() => void edit(picture)}>
        Edit
      </Button>
      {picture.task === "draw" && (
        <>
          <Button icon="vary" onClick={() => void vary(picture)} title="The same settings, another seed">
            Vary
          </Button>
          {picture.settings && (
            <Button
              title="A link that holds the settings, not the picture"
              onClick={() => set({ dialog: "link", shared: linkOf(picture.settings!) })}
            >
              Link
            </Button>
          )}
          <Button icon="repeat" onClick={() => void repeat(picture)} title="Exactly this picture again">
            Repeat
          </Button>
        </>
      )}
      <Button
        aria-pressed={picture.isFavourite ?? false}
        onClick={() => void addPictures([{ ...picture, isFavourite: !picture.isFavourite }])}
      >
        ★ Favourite
      </Button>
      <Button icon="copy" onClick={() => void copy(picture.image)}>
        Copy
      </Button>
      <Button icon="trash" kind="quiet danger" onClick={() => void remove([picture])}>
        Delete
      </Button>
    </div>
  );
}

async function edit(picture: KeptPicture): Promise<void> {
  const { openPicture } = await import("../editor/history.ts");
  await openPicture(picture.image, { name: shownLabel(picture.label), classId: classOf(picture), source: "gallery" });
}
