/** Documents in the browser's storage: each is saved whole or not at all. */
import { tell } from "../state/channel.ts";
import { openDatabase } from "../state/database.ts";
import { newId } from "../state/ids.ts";
import { type Packed, type PartContent, type PartKind, pack, partsOf, unpack } from "./pack.ts";
import { decodePart, encodePart, partId } from "./parts.ts";
import type { DocumentFacts, StoredDocument } from "./stored.ts";

/** What this tab knows of a document that lies in storage. */
interface Known {
  readonly revision: number;
  readonly parts: ReadonlySet<string>;
}

const known = new Map<string, Known>();

/** Plain data of a value, and the parts that it refers to. */
export function packed(value: unknown): { readonly content: Packed; readonly parts: Map<string, PartContent> } {
  const parts = new Map<string, PartContent>();
  const idOf = (content: PartContent): string => {
    const id = partId(content);
    parts.set(id, content);
    return id;
  };
  return { content: pack(value, idOf) ?? null, parts };
}

/** The value of plain data. @param fileOf the bytes of a part. @throws Error naming what is missing or damaged. */
export async function unpacked(content: Packed, fileOf: (id: string) => Blob | undefined): Promise<unknown> {
  const decode = async ([id, kind]: [string, PartKind]): Promise<readonly [string, PartContent]> => {
    const file = fileOf(id);
    if (file === undefined) throw new Error("A part of the document is missing.");
    return [id, await decodePart(id, kind, file)];
  };
  const parts = new Map(await Promise.all([...partsOf(content)].map(decode)));
  return unpack(content, (id) => parts.get(id));
}

/**
 * Saves a document. Where another tab saved it meanwhile it is saved beside that one, under a new id, so that neither is lost.
 * @param value what the document holds, of pictures, files, bytes and plain data.
 * @returns the facts that it was saved under.
 * @throws DOMException where the browser has no room or keeps nothing; what was saved before stays.
 */
export async function saveDocument(facts: DocumentFacts, value: unknown): Promise<DocumentFacts> {
  const { content, parts } = packed(value);
  const before = known.get(facts.id);
  const encode = async (id: string): Promise<readonly [string, Blob]> => [id, await encodePart(parts.get(id)!)];
  const fresh = await Promise.all([...parts.keys()].filter((id) => !before?.parts.has(id)).map(encode));
  const db = await openDatabase();
  const writing = db.transaction(["documents", "parts"], "readwrite");
  const stored = await writing.objectStore("documents").get(facts.id);
  if (stored !== undefined && stored.revision !== before?.revision) {
    writing.abort();
    await writing.done.catch(() => undefined);
    return saveDocument({ ...facts, id: newId(), name: `${facts.name} (this tab's)` }, value);
  }
  if (stored === undefined && before !== undefined) {
    // Another tab deleted it while it was changed here: what was changed here stays.
    known.delete(facts.id);
    writing.abort();
    await writing.done.catch(() => undefined);
    return saveDocument(facts, value);
  }
  const revision = (before?.revision ?? 0) + 1;
  const gone = [...(before?.parts ?? [])].filter((id) => !parts.has(id));
  const writes = [
    ...fresh.map(([id, file]) => writing.objectStore("parts").put(file, [facts.id, id])),
    ...gone.map((id) => writing.objectStore("parts").delete([facts.id, id])),
    writing.objectStore("documents").put({ ...facts, revision, content }),
  ];
  await Promise.all([...writes, writing.done]);
  known.set(facts.id, { revision, parts: new Set(parts.keys()) });
  tell({ kind: "documents" });
  return facts;
}

/** Every document, newest first. @throws DOMException where the browser keeps nothing. */
export async function allDocuments(): Promise<DocumentFacts[]> {
  const all: StoredDocument[] = await (await openDatabase()).getAll("documents");
  return all.map(({ content: _, revision: __, ...facts }) => facts).sort((a, b) => b.changedAt - a.changedAt);
}

export interface LoadedDocument {
  readonly facts: DocumentFacts;
  readonly value: unknown;
}

/** A document; undefined where there is none of this id. @throws Error in words where it is damaged. */
export async function loadDocument(id: string): Promise<LoadedDocument | undefined> {
  const db = await openDatabase();
  const reading = db.transaction(["documents", "parts"]);
  const stored = await reading.objectStore("documents").get(id);
  if (stored === undefined) return undefined;
  const range = IDBKeyRange.bound([id], [id, []]);
  const [keys, files] = await Promise.all([
    reading.objectStore("parts").getAllKeys(range),
    reading.objectStore("parts").getAll(range),
  ]);
  const { content, revision, ...facts } = stored;
  const found = new Map(keys.map(([, part], i) => [part, files[i]!]));
  const value = await unpacked(content, (part) => found.get(part));
  known.set(id, { revision, parts: new Set(found.keys()) });
  return { facts, value };
}

/** Deletes a document with its parts. */
export async function deleteDocument(id: string): Promise<void> {
  const db = await openDatabase();
  const writing = db.transaction(["documents", "parts"], "readwrite");
  await Promise.all([
    writing.objectStore("documents").delete(id),
    writing.objectStore("parts").delete(IDBKeyRange.bound([id], [id, []])),
    writing.done,
  ]);
  known.delete(id);
  tell({ kind: "documents" });
}
