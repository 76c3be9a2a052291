/** The gallery on this device: pictures with their scales and settings, in IndexedDB. */
import type { Grid, SettingsRecord } from "flexvar/web";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { DrawRequest } from "../backend/types.ts";

/** One kept picture. */
export interface KeptPicture {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly label: string;
  readonly model: string;
  /** How it was made: drawn from a class, or edited from another picture. */
  readonly task: "draw" | "inpaint" | "outpaint" | "refine";
  /** Draws this picture alone again. */
  readonly request: DrawRequest;
  readonly settings: SettingsRecord | undefined;
  readonly grids: readonly Grid[];
  readonly image: Blob;
  /** The picture at every scale, coarse to fine. */
  readonly frames: readonly Blob[];
}

interface Schema extends DBSchema {
  pictures: { key: string; value: KeptPicture; indexes: { createdAt: number } };
}

let database: Promise<IDBPDatabase<Schema>> | undefined;

function open(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>("flexvar-studio", 1, {
    upgrade(db) {
      db.createObjectStore("pictures", { keyPath: "id" }).createIndex("createdAt", "createdAt");
    },
    terminated() {
      database = undefined;
    },
  });
  return database;
}

/** All kept pictures, newest first. @throws Error where the browser keeps nothing (private windows of some browsers). */
export async function allPictures(): Promise<KeptPicture[]> {
  return (await (await open()).getAllFromIndex("pictures", "createdAt")).reverse();
}

export async function keepPicture(picture: KeptPicture): Promise<void> {
  await (await open()).put("pictures", picture);
}

export async function forgetPicture(id: string): Promise<void> {
  await (await open()).delete("pictures", id);
}

/** Pictures whose class, task, size or seed hold every word of the search. */
export function searchPictures(pictures: readonly KeptPicture[], search: string): readonly KeptPicture[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return pictures;
  return pictures.filter(({ label, task, request, model }) => {
    const text = `${label} ${task} ${model} ${request.width}x${request.height} seed ${request.seed}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
