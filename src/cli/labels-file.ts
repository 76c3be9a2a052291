/** Class names from a file, for `flexvar import --labels`. */

import { readFile } from "node:fs/promises";
import { FileError } from "../errors/index.ts";
import { readProblem } from "../files/index.ts";
import { decodeText, JsonError, parseJson } from "../json/index.ts";
import { LONGEST_CLASS_NAME } from "../options/index.ts";
import { UsageError } from "./errors.ts";

/** `imagenet`, or a file: a JSON array of names, a JSON object from id to name, or one name a line. */
export async function readLabels(named: string): Promise<readonly string[]> {
  if (named === "imagenet") return (await import("../options/index.ts")).imagenetLabels;
  const bytes = await readFile(named).catch((error: unknown) => {
    throw new UsageError(`--labels: expected imagenet or a readable file, got "${named}" (${readProblem(error)})`);
  });
  return parseLabels(decodeText(bytes, named), named);
}

/** @throws Error naming the file, and the id where names are missing or are no texts. */
export function parseLabels(text: string, where: string): string[] {
  const trimmed = text.replace(/^\ufeff/, "").trim();
  const names = /^[[{]/.test(trimmed) ? fromJson(trimmed, where) : trimmed.split(/\r?\n/).map((line) => line.trim());
  return names.map((name, id) => {
    if (typeof name === "string" && name.trim() !== "" && name.length <= LONGEST_CLASS_NAME) return name.trim();
    throw new FileError(
      where,
      `a name of 1 to ${LONGEST_CLASS_NAME} characters for class ${id}`,
      JSON.stringify(name) ?? "none",
    );
  });
}

function fromJson(text: string, where: string): unknown[] {
  const json = read(text, where);
  if (Array.isArray(json)) return json;
  const byId = json as Record<string, unknown>;
  const stray = Object.keys(byId).find((key) => !/^\d{1,7}$/.test(key));
  if (stray !== undefined) throw new FileError(where, "class ids as keys", JSON.stringify(stray));
  return Array.from({ length: Object.keys(byId).length }, (_, id) => byId[String(id)]);
}

function read(text: string, where: string): unknown {
  try {
    return parseJson(text, where);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw new FileError(where, `JSON or one name a line; ${error.words}`, undefined, { cause: error });
  }
}
