import { useState } from "react";
import { words } from "../state/actions.ts";
import { saveFile } from "../state/files.ts";
import { addPictures, remove } from "../state/gallery.ts";
import type { KeptPicture } from "../state/library.ts";
import { say } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";
import { CompareDialog } from "./compare-dialog.tsx";

interface Props {
  readonly chosen: readonly KeptPicture[];
  /** How many could be chosen. */
  readonly of: number;
  onAll(): void;
  onDone(): void;
}

/** What can be done with several pictures at once. */
export function SelectionBar({ chosen, of, onAll, onDone }: Props) {
  const [compared, setCompared] = useState<readonly KeptPicture[]>();
  const none = chosen.length === 0;
  const areFavourites = !none && chosen.every(({ isFavourite }) => isFavourite);
  const save = async (): Promise<void> => {
    try {
      const { zipOf } = await import("./zip.ts");
      saveFile(await zipOf(chosen), `flexvar-${chosen.length}-pictures.zip`);
    } catch (error) {
      say(words(error));
    }
  };
  return (
    <div className="selection" role="toolbar" aria-label="With the chosen pictures">
      <span role="status">
        {chosen.length} of {of} chosen
      </span>
      <Button onClick={onAll}>{chosen.length === of ? "Choose none" : "Choose all"}</Button>
      <Button icon="download" disabled={none} onClick={() => void save()}>
        Save as ZIP
      </Button>
      <Button
        disabled={none}
        onClick={() => void addPictures(chosen.map((one) => ({ ...one, isFavourite: !areFavourites })))}
      >
        {areFavourites ? "No favourites" : "Favourites"}
      </Button>
      <Button disabled={chosen.length !== 2} title="Two pictures side by side" onClick={() => setCompared(chosen)}>
        Compare
      </Button>
      <Button icon="trash" kind="quiet danger" disabled={none} onClick={() => void remove(chosen)}>
        Delete
      </Button>
      <Button kind="primary" onClick={onDone}>
        Done
      </Button>
      {compared && <CompareDialog pictures={compared} onClose={() => setCompared(undefined)} />}
    </div>
  );
}
