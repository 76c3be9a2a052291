/**
 * A document as one file: a ZIP of `manifest.json` and the parts that it names. Whoever made a file may mean ill: sizes are looked at
 * before anything is unpacked, and the manifest says only what the editor knows.
 */
import { strFromU8, strToU8, unzip, zip } from "fflate";
import { z } from "zod";
import type { EditorState } from "../editor/editor-store.ts";
import { newId } from "../state/ids.ts";
import { contentOf, factsOf } from "./autosave.ts";
import { PART_KINDS, type Packed, partsOf } from "./pack.ts";
import { encodePart } from "./parts.ts";
import { contentSchema } from "./schema.ts";
import { type LoadedDocument, packed, unpacked } from "./storage.ts";

const FORMAT = "flexvar-document";
const VERSION = 1;
const MANIFEST = "manifest.json";
/** How the name of a document's file ends. */
export const EXTENSION = ".flexvar.zip";
/** Most that a file may unpack to, and its manifest. */
const MOST_BYTES = 1 << 29;
const MOST_MANIFEST_BYTES = 1 << 24;
const MOST_PARTS = 1000;

const manifestSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  name: z.string().max(200),
  content: z.json(),
  parts: z
    .array(z.object({ id: z.string().max(64), file: z.string().max(80), type: z.string().max(80) }))
    .max(MOST_PARTS),
});

type Files = Record<string, Uint8Array<ArrayBuffer>>;

/** The open document as a file. @throws Error where the browser cannot encode a part. */
export async function documentFile(state: EditorState): Promise<Blob> {
  const { content, parts } = packed(contentOf(state));
  const files: Files = {};
  const named: z.infer<typeof manifestSchema>["parts"] = [];
  for (const [id, part] of parts) {
    const blob = await encodePart(part);
    const file = `parts/${named.length}`;
    named.push({ id, file, type: blob.type });
    files[file] = new Uint8Array(await blob.arrayBuffer());
  }
  const manifest = { format: FORMAT, version: VERSION, name: state.name, content, parts: named };
  files[MANIFEST] = strToU8(JSON.stringify(manifest)) as Uint8Array<ArrayBuffer>;
  const bytes = await new Promise<Uint8Array<ArrayBuffer>>((done, fail) =>
    // Pictures are packed already.
    zip(files, { level: 0 }, (error, data) => (error ? fail(error) : done(data as Uint8Array<ArrayBuffer>))),
  );
  return new Blob([bytes], { type: "application/zip" });
}

/** A document of a file, under an id of its own. @throws Error in words where it is none or damaged. */
export async function readDocumentFile(file: Blob): Promise<LoadedDocument> {
  const files = await unzipped(file);
  const text = files[MANIFEST];
  if (text === undefined) throw new Error("This file is no document of the studio: it holds no manifest.json.");
  const { name, content, parts } = readManifest(text);
  const blobs = new Map<string, Blob>();
  for (const { id, file: part, type } of parts) {
    const bytes = files[part];
    if (bytes !== undefined) blobs.set(id, new Blob([bytes], { type }));
  }
  if ([...partsOf(content).values()].some((kind) => !PART_KINDS.includes(kind))) throw new Error(DAMAGED);
  const value = contentSchema.safeParse(await unpacked(content, (id) => blobs.get(id)));
  if (!value.success) throw new Error(DAMAGED, { cause: value.error });
  const { form, document } = value.data;
  const { aside, sheets } = document;
  // Redo looks for the very state that the variants are of.
  const sheet = sheets.find(({ image, mask }) => image === aside?.sheet.image && mask === aside.sheet.mask);
  const whole = { ...document, aside: aside && sheet && { ...aside, sheet } };
  const facts = await factsOf({ ...whole, id: newId(), name });
  return { facts, value: { form, document: whole } };
}

const DAMAGED = "This document is damaged, or a later version of the studio made it.";

function readManifest(text: Uint8Array): {
  name: string;
  content: Packed;
  parts: { id: string; file: string; type: string }[];
} {
  let value: unknown;
  try {
    value = JSON.parse(strFromU8(text));
  } catch (error) {
    throw new Error(DAMAGED, { cause: error });
  }
  const { format, version } = Object(value);
  if (format !== FORMAT) throw new Error("This file is no document of the studio.");
  if (version !== VERSION)
    throw new Error(
      `This document is of version ${String(version).slice(0, 20)}; this studio reads version ${VERSION}.`,
    );
  const read = manifestSchema.safeParse(value);
  if (!read.success) throw new Error(DAMAGED, { cause: read.error });
  return read.data as never;
}

async function unzipped(file: Blob): Promise<Files> {
  if (file.size > MOST_BYTES) throw new Error(TOO_LARGE);
  const bytes = new Uint8Array(await file.arrayBuffer());
  let total = 0;
  let isTooLarge = false;
  const files = await new Promise<Files>((done, fail) =>
    unzip(
      bytes,
      {
        // The sizes said here are those that are set aside: a file that says less is cut.
        filter: ({ name, originalSize }) => {
          total += originalSize;
          isTooLarge ||= total > MOST_BYTES || (name === MANIFEST && originalSize > MOST_MANIFEST_BYTES);
          return !isTooLarge && (name === MANIFEST || /^parts\/\d{1,4}$/.test(name));
        },
      },
      (error, data) => (error ? fail(error) : done(data as Files)),
    ),
  ).catch((error: unknown) => {
    throw new Error("This file is no document of the studio, or it was cut short.", { cause: error });
  });
  if (isTooLarge) throw new Error(TOO_LARGE);
  return files;
}

const TOO_LARGE = `This document is too large: expected at most ${MOST_BYTES >> 20} MiB unpacked.`;
