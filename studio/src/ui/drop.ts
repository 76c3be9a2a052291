/** Pictures dropped on the page or pasted: one that carries settings brings them into the form, any other goes to the editor. */
import { takeSettings } from "../state/actions.ts";
import { get, say, type ToastAction } from "../state/store.ts";

export function listenForPictures(): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files);
  });
  addEventListener("paste", (event) => void take(event.clipboardData?.files));
}

async function take(files: FileList | undefined): Promise<void> {
  const given = [...(files ?? [])];
  const file = given.find(({ type }) => type.startsWith("image/"));
  if (file === undefined) {
    if (given[0]) say(`${given[0].name} is no picture that the browser can read. Try a PNG, JPEG or WebP.`);
    return;
  }
  const { backend, info, view } = get();
  const edit = async (more?: ToastAction): Promise<void> =>
    (await import("../editor/history.ts")).openPicture(file, { name: file.name, ...(more && { more }) });
  const request = await backend?.readSettings(file).catch(() => undefined);
  if (request === undefined || request.classId >= (info?.labels.length ?? 0)) return edit();
  if (view === "edit") {
    await edit({ label: "Its settings into the form", perform: () => takeSettings(request) });
  } else {
    takeSettings(request);
    say("Its settings are in the form.", { label: "Edit the picture", perform: () => void edit() });
  }
}
