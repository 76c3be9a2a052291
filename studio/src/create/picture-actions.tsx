import { copy, download, remove, repeat, vary } from "../state/actions.ts";
import { classOf, type KeptPicture } from "../state/library.ts";
import { shownLabel } from "../state/store.ts";
import { Icon } from "../ui/icons.tsx";

/** What can be done with a finished picture. */
export function PictureActions({ picture }: { picture: KeptPicture }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields.
    <div className="actions" role="group" aria-label="With this picture">
      <button type="button" className="button primary" onClick={() => download(picture)}>
        <Icon name="download" />
        Download PNG
      </button>
      <button
        type="button"
        className="button"
        onClick={async () =>
          (await import("../editor/history.ts")).openPicture(picture.image, {
            name: shownLabel(picture.label),
            classId: classOf(picture),
          })
        }
      >
        <Icon name="edit" />
        Edit
      </button>
      {picture.task === "draw" && (
        <>
          <button
            type="button"
            className="button"
            onClick={() => void vary(picture)}
            title="The same settings, another seed"
          >
            <Icon name="vary" />
            Vary
          </button>
          <button
            type="button"
            className="button"
            onClick={() => void repeat(picture)}
            title="Exactly this picture again"
          >
            <Icon name="repeat" />
            Repeat
          </button>
        </>
      )}
      <button type="button" className="button" onClick={() => void copy(picture.image)}>
        <Icon name="copy" />
        Copy
      </button>
      <button type="button" className="button quiet danger" onClick={() => void remove(picture)}>
        <Icon name="trash" />
        Delete
      </button>
    </div>
  );
}
