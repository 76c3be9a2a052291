/** The gallery: what is put into it, changed, deleted, and taken out as files; one gallery for all tabs. */
import type { DrawRequest } from "../backend/types.ts";
import { listen } from "./channel.ts";
import { whyNotKept } from "./database.ts";
import { forFileName, saveFile } from "./files.ts";
import { allPictures, forgetPictures, type KeptPicture, keepPictures, picturesOf } from "./library.ts";
import { get, say, set, shownLabel } from "./store.ts";

/** Pictures that are shown but that the browser did not keep yet. */
const unkept = new Set<string>();

const newestFirst = (a: KeptPicture, b: KeptPicture): number => b.createdAt - a.createdAt;

/** Shows pictures in place of those of the same ids. */
function show(pictures: readonly KeptPicture[], ids: readonly string[] = pictures.map(({ id }) => id)): void {
  const own = new Set(ids);
  set(({ pictures: all }) => ({ pictures: [...all.filter(({ id }) => !own.has(id)), ...pictures].sort(newestFirst) }));
}

/** Reads the gallery, and follows what other tabs do to it. */
export async function loadGallery(): Promise<void> {
  try {
    show(await allPictures());
    if (unkept.size === 0) set({ libraryProblem: undefined });
  } catch (error) {
    set({ libraryProblem: `${whyNotKept(error)} Download the pictures that you want to keep.` });
  }
}

export function followGallery(): void {
  listen((message) => {
    if (message.kind !== "pictures") return;
    const { ids } = message;
    void picturesOf(ids).then((pictures) => show(pictures, ids));
  });
  addEventListener("beforeunload", (event) => unkept.size > 0 && event.preventDefault());
}

/** Puts pictures into the gallery, or changes those of the same ids. They are shown even where the browser cannot keep them. */
export async function addPictures(pictures: readonly KeptPicture[]): Promise<void> {
  show(pictures);
  await keep(pictures);
}

async function keep(pictures: readonly KeptPicture[]): Promise<void> {
  for (const { id } of pictures) unkept.add(id);
  try {
    await keepPictures(pictures);
    for (const { id } of pictures) unkept.delete(id);
    if (unkept.size === 0 && get().libraryProblem !== undefined) set({ libraryProblem: undefined });
  } catch (error) {
    const count = unkept.size === 1 ? "A picture is" : `${unkept.size} pictures are`;
    const way = "Download what you want to keep, or delete some pictures: then they are kept.";
    set({ libraryProblem: `${whyNotKept(error)} ${count} only in this tab, and lost when it is closed. ${way}` });
  }
}

/** Deletes pictures, with a way back. */
export async function remove(pictures: readonly KeptPicture[]): Promise<void> {
  const ids = pictures.map(({ id }) => id);
  set({ looking: undefined });
  show([], ids);
  for (const id of ids) unkept.delete(id);
  await forgetPictures(ids).catch(() => undefined);
  const name = pictures.length === 1 ? `${shownLabel(pictures[0]!.label)} was` : `${pictures.length} pictures were`;
  say(`${name} deleted.`, { label: "Undo", perform: () => void addPictures(pictures) });
  // There may be room now.
  const waiting = get().pictures.filter(({ id }) => unkept.has(id));
  if (waiting.length > 0) await keep(waiting);
}

export interface Download {
  readonly label: string;
  readonly image: Blob;
  readonly request: Pick<DrawRequest, "seed" | "firstIndex">;
}

export const fileName = ({ label, request }: Download): string =>
  `${forFileName(label)}-${request.seed}-${request.firstIndex}.png`;

/** Hands a picture over as a PNG file that carries its settings. */
export function download(picture: Download): void {
  saveFile(picture.image, fileName(picture));
}

/** Puts a PNG on the clipboard. */
export async function copy(image: Blob): Promise<void> {
  if (!isSecureContext) {
    say("A browser gives pages the clipboard only over https or on localhost. Download the picture instead.");
    return;
  }
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": image })]);
    say("The picture is on the clipboard.");
  } catch {
    say("This browser does not let the studio use the clipboard. Download the picture instead.");
  }
}
