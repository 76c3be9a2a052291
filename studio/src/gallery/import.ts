/** Pictures of files into the gallery: those that carry the settings that they were made with. */
import { settingsOf } from "../backend/recipe.ts";
import { addPictures } from "../state/gallery.ts";
import { newId } from "../state/ids.ts";
import { type KeptPicture, MADE_BY, numberIn } from "../state/library.ts";
import { get, say } from "../state/store.ts";

/** Files that are looked at one after the other; a longer list is cut. */
const MOST_FILES = 500;

/** Takes the pictures that carry settings; says what became of all. Returns the files that carry none. */
export async function importPictures(files: readonly File[]): Promise<File[]> {
  const rest: File[] = [];
  const taken: KeptPicture[] = [];
  for (const file of files.slice(0, MOST_FILES)) {
    const picture = await pictureOf(file, taken.length);
    if (picture === undefined) rest.push(file);
    else taken.push(picture);
  }
  if (taken.length > 0) await addPictures(taken);
  const came = `${taken.length} of ${files.length} ${files.length === 1 ? "file" : "files"} came into the gallery.`;
  const why =
    rest.length === 0 ? "" : ` ${rest[0]!.name}${rest.length > 1 ? " and others carry" : " carries"} no settings.`;
  say(`${came}${why}`);
  return rest;
}

/** A file as a picture of the gallery; undefined where it carries no settings that the studio understands. */
async function pictureOf(file: File, place: number): Promise<KeptPicture | undefined> {
  const settings = await settingsOf(file);
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(String(settings?.size)) ?? [];
  const seed = numberIn(settings, "seed");
  if (settings === undefined || width === undefined || height === undefined || seed === undefined) return undefined;
  const { info, backend } = get();
  const kept = {
    id: newId(),
    // Newer than what is there, in the order of the files.
    createdAt: (file.lastModified || Date.now()) + place,
    label: typeof settings.class === "string" ? settings.class.slice(0, 200) : "picture",
    model: settings.model === info?.hash && info !== undefined ? info.name : "another model",
    settings,
    grids: [],
    image: file.slice(0, file.size, "image/png"),
    frames: [],
  };
  const request = settings.task === undefined ? await backend?.readSettings(file).catch(() => undefined) : undefined;
  if (request !== undefined) return { ...kept, task: "draw", request };
  const task = typeof settings.task === "string" && settings.task in MADE_BY ? settings.task : undefined;
  if (task === undefined || task === "draw") return undefined;
  const classId = numberIn(settings, "class_id");
  const guidance = numberIn(settings, "guidance_scale");
  const own = {
    classId,
    guidance,
    width: Number(width),
    height: Number(height),
    seed,
    firstIndex: numberIn(settings, "index_within_class") ?? 0,
  };
  return { ...kept, task: task as "inpaint", request: own };
}
