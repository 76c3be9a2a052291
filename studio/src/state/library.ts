/** The gallery on this device: pictures with their scales and settings. */
import type { Grid, SettingsRecord } from "flexvar/web";
import type { DrawRequest } from "../backend/types.ts";
import { dayName } from "../ui/format.ts";
import { tell } from "./channel.ts";
import { openDatabase } from "./database.ts";

/** What is kept of every picture. */
interface Kept {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly label: string;
  /** The model's name. */
  readonly model: string;
  readonly isFavourite?: boolean | undefined;
  readonly settings: SettingsRecord | undefined;
  readonly grids: readonly Grid[];
  readonly image: Blob;
  /** The picture at every scale, coarse to fine. */
  readonly frames: readonly Blob[];
}

/** A picture drawn from a class. */
export interface KeptDrawing extends Kept {
  readonly task: "draw";
  /** Draws this picture alone again. */
  readonly request: DrawRequest;
}

/** A picture edited from another. */
export interface KeptEdit extends Kept {
  readonly task: "inpaint" | "outpaint" | "inpaint and outpaint" | "refine";
  readonly request: Pick<DrawRequest, "width" | "height" | "seed" | "firstIndex"> & {
    /** Undefined where the model guessed it and did not say. */
    readonly classId?: number | undefined;
    readonly guidance?: number | undefined;
  };
}

/** One kept picture. */
export type KeptPicture = KeptDrawing | KeptEdit;

/** How a picture was made, in words. */
export const MADE_BY: Readonly<Record<KeptPicture["task"], string>> = {
  draw: "drawing",
  inpaint: "repainting",
  outpaint: "extending",
  "inpaint and outpaint": "repainting and extending",
  refine: "refining",
};

/** The class of a kept picture, undefined where nothing is known of it. What its PNG says goes before what was ordered. */
export function classOf({ settings, request }: KeptPicture): number | undefined {
  return numberIn(settings, "class_id") ?? request.classId;
}

/** A number of a PNG's settings. */
export function numberIn(settings: SettingsRecord | undefined, name: string): number | undefined {
  const value = settings?.[name];
  return typeof value === "number" ? value : undefined;
}

/** All kept pictures, newest first. @throws Error where the browser keeps nothing (private windows of some browsers). */
export async function allPictures(): Promise<KeptPicture[]> {
  return (await (await openDatabase()).getAllFromIndex("pictures", "createdAt")).reverse();
}

/** Those of some pictures that are kept. */
export async function picturesOf(ids: readonly string[]): Promise<KeptPicture[]> {
  const db = await openDatabase();
  const found = await Promise.all(ids.map((id) => db.get("pictures", id)));
  return found.filter((one) => one !== undefined);
}

/** Keeps pictures, all or none. @throws DOMException where there is no room or the browser keeps nothing. */
export async function keepPictures(pictures: readonly KeptPicture[]): Promise<void> {
  const writing = (await openDatabase()).transaction("pictures", "readwrite");
  await Promise.all([...pictures.map((picture) => writing.store.put(picture)), writing.done]);
  tell({ kind: "pictures", ids: pictures.map(({ id }) => id) });
}

export async function forgetPictures(ids: readonly string[]): Promise<void> {
  const writing = (await openDatabase()).transaction("pictures", "readwrite");
  await Promise.all([...ids.map((id) => writing.store.delete(id)), writing.done]);
  tell({ kind: "pictures", ids });
}

/** The day of a picture as people search for it: `2026-11-28`, `28 november 2026`, `today`. */
function dayText(createdAt: number, now: number): string {
  const day = new Date(createdAt);
  const two = (number: number): string => `${number}`.padStart(2, "0");
  const iso = `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
  const month = day.toLocaleDateString(undefined, { month: "long" });
  return `${iso} ${month} ${dayName(createdAt, now)}`;
}

/** Pictures whose class, task, day, size or seed hold every word of the search; numbers only whole, so that 5 is not found in 37925. */
export function searchPictures(
  pictures: readonly KeptPicture[],
  search: string,
  now = Date.now(),
): readonly KeptPicture[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return pictures;
  const tests = words.map((word) =>
    /^\d+$/.test(word) ? (text: string) => text.split(/\D+/).includes(word) : (text: string) => text.includes(word),
  );
  return pictures.filter(({ label, task, request, model, createdAt }) => {
    const text =
      `${label} ${task} ${MADE_BY[task]} ${model} ${request.width}x${request.height} seed ${request.seed} ${dayText(createdAt, now)}`.toLowerCase();
    return tests.every((test) => test(text));
  });
}
