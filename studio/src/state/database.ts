/** What the studio keeps on this device, in IndexedDB: the gallery, the editor's documents, and where each tab was. */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { StoredDocument, StoredPart } from "../documents/stored.ts";
import type { KeptPicture } from "./library.ts";
import { keepsAnything } from "./place.ts";
import type { Session } from "./session.ts";
import { set } from "./store.ts";

interface Schema extends DBSchema {
  pictures: { key: string; value: KeptPicture; indexes: { createdAt: number } };
  documents: { key: string; value: StoredDocument };
  /** Canvases and files of documents, under the document's id and their own. */
  parts: { key: [document: string, part: string]; value: StoredPart };
  sessions: { key: string; value: Session };
}

const NAME = "flexvar-studio";
const VERSION = 2;
const HELD_UP = "An older studio in another tab holds what is kept on this device. Close that tab, or load it again.";

let database: Promise<IDBPDatabase<Schema>> | undefined;

/** @throws Error where the browser keeps nothing (private windows of some browsers, storage switched off). */
export function openDatabase(): Promise<IDBPDatabase<Schema>> {
  database ??= open().catch((error: unknown) => {
    database = undefined;
    throw error;
  });
  return database;
}

/** Async, so that a browser without IndexedDB is a rejection as well. */
async function open(): Promise<IDBPDatabase<Schema>> {
  if (!keepsAnything()) throw new Error("database: expected a studio that keeps something");
  const opened = await openDB<Schema>(NAME, VERSION, {
    upgrade(db, from) {
      if (from < 1) db.createObjectStore("pictures", { keyPath: "id" }).createIndex("createdAt", "createdAt");
      if (from < 2) {
        db.createObjectStore("documents", { keyPath: "id" });
        db.createObjectStore("parts");
        db.createObjectStore("sessions", { keyPath: "tab" });
      }
    },
    blocked() {
      set({ libraryProblem: HELD_UP });
    },
    blocking() {
      // A newer studio in another tab waits for this one.
      opened.close();
      database = undefined;
    },
    terminated() {
      database = undefined;
    },
  });
  set(({ libraryProblem }) => (libraryProblem === HELD_UP ? { libraryProblem: undefined } : {}));
  return opened;
}

/** Why something could not be kept, in words that say what to do. */
export function whyNotKept(error: unknown): string {
  return error instanceof DOMException && error.name === "QuotaExceededError"
    ? "This device has no room to keep more."
    : "This browser does not let the studio keep anything here.";
}
