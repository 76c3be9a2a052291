/** A run's log: one JSON object a line in `log.jsonl`, and lines for people. */
import { appendFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeErrorMessage, writeFileAtomic } from "../files/index.ts";
import type { Json } from "./state.ts";

export type LogRecord = Readonly<Record<string, Json>> & { readonly kind: string; readonly step: number };

export interface TrainLog {
  /** Appends a record. */
  write(record: LogRecord): Promise<void>;
}

export const LOG_FILE = "log.jsonl";

/** Opens a run's log; records of steps after `keepTo` (left by a run that was cut off) are dropped. */
export async function openLog(outDir: string, keepTo: number): Promise<TrainLog> {
  const path = join(outDir, LOG_FILE);
  const before = await readRecords(path);
  const kept = before.filter((record) => record.step <= keepTo);
  await writeFileAtomic(path, kept.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return {
    async write(record) {
      try {
        await appendFile(path, `${JSON.stringify(record)}\n`);
      } catch (error) {
        throw new Error(writeErrorMessage(path, error), { cause: error });
      }
    },
  };
}

/** The records of a log file, without a last line that a kill cut short; none where there is no file. */
export async function readRecords(path: string): Promise<LogRecord[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return isRecord(value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

function isRecord(value: unknown): value is LogRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "step" in value &&
    typeof value.step === "number" &&
    "kind" in value &&
    typeof value.kind === "string"
  );
}

/** 3725 s as `1 h 02 min`. */
export function durationText(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
