/** Pictures dropped on the element, or pasted while it has the focus. */
import { openPicture } from "../editor/history.ts";
import { get, say, set } from "../state/store.ts";

export function listenForPictures(root: ShadowRoot): void {
  const hold = (dragging: boolean): void => {
    if (get().dragging !== dragging) set({ dragging });
  };
  const on = <E extends Event>(name: string, hear: (event: E) => void): void =>
    root.addEventListener(name, hear as (event: Event) => void);
  on("dragover", (event: DragEvent) => {
    event.preventDefault();
    hold(event.dataTransfer?.types.includes("Files") ?? false);
  });
  on("dragleave", ({ relatedTarget }: DragEvent) => {
    if (!(relatedTarget instanceof Node && root.contains(relatedTarget))) hold(false);
  });
  on("drop", (event: DragEvent) => {
    event.preventDefault();
    hold(false);
    void take(event.dataTransfer?.files);
  });
  on("paste", ({ clipboardData }: ClipboardEvent) => void take(clipboardData?.files));
}

async function take(files: FileList | undefined): Promise<void> {
  const [first, ...more] = [...(files ?? [])];
  if (first === undefined) return;
  const picture = [first, ...more].find(({ type }) => type.startsWith("image/"));
  if (picture === undefined) say(`${first.name} is no picture that the browser can read. Try a PNG, JPEG or WebP.`);
  else await openPicture(picture, { name: picture.name });
}
