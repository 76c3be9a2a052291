import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { curvesSvg, panelsOf } from "./curves.ts";
import { CURVES_FILE, durationText, EVENTS_FOLDER, openLog } from "./log.ts";
import type { LogRecord } from "./state.ts";
import { crc32c, maskedCrc, scalarEvent, tfRecord } from "./tensorboard.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-log-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const records: LogRecord[] = [
  { kind: "train", step: 1, loss: 2 },
  { kind: "train", step: 2, loss: 1 },
  { kind: "evaluate", step: 2, psnr: { "1": 20, "16": 25 } },
];

it("crc32c has the values of RFC 3720, appendix B.4", () => {
  expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
});

it("records are framed as TFRecords and hold protocol buffers", () => {
  const record = tfRecord(Uint8Array.of(1, 2, 3));
  const view = new DataView(record.buffer);
  expect(view.getBigUint64(0, true)).toBe(3n);
  expect(view.getUint32(8, true)).toBe(maskedCrc(record.subarray(0, 8)));
  expect([...record.subarray(12, 15)]).toEqual([1, 2, 3]);
  expect(view.getUint32(15, true)).toBe(maskedCrc(Uint8Array.of(1, 2, 3)));
  const event = scalarEvent(0, 300, { a: 1.5 }).subarray(12, -4);
  // Wall time (field 1, double), step 300 (field 2), summary (field 5) of one value: tag (1) and float (2).
  expect([...event.subarray(9)]).toEqual([16, 172, 2, 42, 10, 10, 8, 10, 1, 97, 21, 0, 0, 192, 63]);
});

it("the log appends to JSON lines and events, drops later steps when opened again, and draws", async () => {
  const log = await openLog(folder, 0);
  for (const record of records) await log.write(record);
  await log.draw();
  const lines = await readFile(join(folder, "log.jsonl"), "utf8");
  expect(
    lines
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line)),
  ).toEqual(records);
  const events = (): Promise<Buffer> => readFile(join(folder, EVENTS_FOLDER, "events.out.tfevents.0000000000.flexvar"));
  const whole = await events();
  expect(whole.includes("evaluate/psnr/16")).toBe(true);
  expect((await readFile(join(folder, CURVES_FILE), "utf8")).match(/<polyline/g)).toHaveLength(3);
  await openLog(folder, 1);
  expect((await readFile(join(folder, "log.jsonl"), "utf8")).trim()).toBe(JSON.stringify(records[0]));
  expect((await events()).length).toBeLessThan(whole.length);
});

it("curves: a panel for each scalar and for each group, names escaped", () => {
  const panels = panelsOf([...records, { kind: "train", step: 3, loss: 1, "a<b": 1 }]);
  expect(panels.map((panel) => [panel.title, panel.curves.length])).toEqual([
    ["loss", 1],
    ["a<b", 1],
    ["held-out psnr", 2],
  ]);
  const svg = curvesSvg(panels);
  expect(svg).toContain("a&#60;b");
  expect(svg).not.toContain("NaN");
});

it("durations for people", () => {
  expect([5, 65, 3725, 7200].map(durationText)).toEqual(["5 s", "1 min", "1 h 02 min", "2 h 00 min"]);
});
