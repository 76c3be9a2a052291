/** Pictures dropped on the page or pasted go to the editor. */
export function listenForPictures(): void {
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void take(event.dataTransfer?.files);
  });
  addEventListener("paste", (event) => void take(event.clipboardData?.files));
}

async function take(files: FileList | undefined): Promise<void> {
  const file = [...(files ?? [])].find(({ type }) => type.startsWith("image/"));
  if (file !== undefined) await (await import("../editor/editor-store.ts")).openPicture(file);
}
