import type { z } from "zod";
import { ExpectedError } from "../errors/index.ts";

/** A value of a file as its schema reads it. @throws ExpectedError `where: key: …` for the first thing that is wrong */
export function readAs<T extends z.ZodType>(schema: T, value: unknown, where: string): z.infer<T> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  throw new ExpectedError(`${where}: ${issue.path.join(".") || "the file"}: ${issue.message}`, { cause: read.error });
}

/** An object of JSON: no list, not null. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
