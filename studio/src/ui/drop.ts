/** Pictures dropped on the page or pasted: settings that they carry come into the form or the gallery, any others go to the editor. */
import { takeSettings } from "../state/repeat.ts";
import { get, say, set, type ToastAction } from "../state/store.ts";

export function listenForPictures(): void {
  const hold = (dragging: boolean): void => {
    if (get().dragging !== dragging) set({ dragging });
  };
  addEventListener("dragover", (event) => {
    event.preventDefault();
    hold(event.dataTransfer?.types.includes("Files") ?? false);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && hold(false));
  addEventListener("drop", (event) => {
    event.preventDefault();
    hold(false);
    void take(event.dataTransfer?.files);
  });
  addEventListener("paste", (event) => void take(event.clipboardData?.files));
}

async function take(list: FileList | undefined): Promise<void> {
  const given = [...(list ?? [])];
  const document = given.find(({ name }) => name.endsWith(".zip"));
  if (document !== undefined) {
    await (await import("../documents/documents-dialog.tsx")).importDocument(document);
    return;
  }
  const pictures = given.filter(({ type }) => type.startsWith("image/"));
  const [first, second] = pictures;
  if (first === undefined) {
    if (given[0]) say(`${given[0].name} is no picture that the browser can read. Try a PNG, JPEG or WebP.`);
  } else if (get().view === "gallery" || second !== undefined) {
    await takeMany(pictures);
  } else await takeOne(first);
}

async function edit(file: File, more?: ToastAction): Promise<void> {
  const { openPicture } = await import("../editor/history.ts");
  await openPicture(file, { name: file.name, ...(more && { more }) });
}

/** Those that carry settings come into the gallery, each of the others becomes a document. */
async function takeMany(pictures: readonly File[]): Promise<void> {
  const rest = await (await import("../gallery/import.ts")).importPictures(pictures);
  if (rest.length === 0 || get().view === "gallery") {
    set({ view: "gallery" });
    return;
  }
  const { beginDocuments, flush } = await import("../documents/autosave.ts");
  await beginDocuments();
  for (const file of rest) {
    await edit(file);
    await flush();
  }
  if (rest.length > 1) say(`${rest.length} pictures are open, each as a document of its own: see Documents.`);
}

async function takeOne(file: File): Promise<void> {
  const { backend, view } = get();
  const { settingsOf } = await import("../backend/recipe.ts");
  const settings = await settingsOf(file);
  const request = settings && (await backend?.readSettings(file).catch(() => undefined));
  if (request === undefined) return edit(file);
  const recipe = { request, settings, label: typeof settings?.class === "string" ? settings.class : "picture" };
  if (view === "edit") {
    await edit(file, { label: "Its settings into the form", perform: () => takeSettings(recipe) });
  } else if (takeSettings(recipe)) {
    say("Its settings are in the form.", { label: "Edit the picture", perform: () => void edit(file) });
  }
}
