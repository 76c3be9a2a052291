/** The parts of what the studio keeps that need no browser. */
import { describe, expect, test } from "vitest";
import type { ModelInfo } from "../../studio/src/backend/types.ts";
import { pack, partsOf, unpack } from "../../studio/src/documents/pack.ts";
import { freeName } from "../../studio/src/gallery/zip.ts";
import { forFileName } from "../../studio/src/state/files.ts";
import { newId } from "../../studio/src/state/ids.ts";
import { type KeptDrawing, searchPictures } from "../../studio/src/state/library.ts";
import { fitted, isOf } from "../../studio/src/state/repeat.ts";
import { linkOf, settingsInLink } from "../../studio/src/state/share.ts";
import { useStudio } from "../../studio/src/state/store.ts";
import { titleOf } from "../../studio/src/ui/title.ts";

const info: ModelInfo = {
  name: "toy",
  hash: "aa",
  labels: ["heart", "apple"],
  groups: [],
  styles: ["flat"],
  factor: 8,
  trainedSide: 8,
  defaults: { steps: 5, guidance: 2, guidanceMode: "ramp" },
  downloadBytes: 0,
  downloaded: true,
};
const request = { classId: 0, width: 64, height: 64, steps: 5, guidance: 2, seed: 42, count: 1, firstIndex: 0 };
const NOON = new Date(2026, 10, 28, 12).getTime();
const picture: KeptDrawing = {
  id: "1",
  createdAt: NOON,
  label: "heart",
  model: "toy",
  task: "draw",
  request,
  settings: undefined,
  grids: [],
  image: new Blob(),
  frames: [],
};

test("names are 32 hex digits of their own", () => {
  expect(newId()).toMatch(/^[0-9a-f]{32}$/);
  expect(newId()).not.toBe(newId());
});

describe("packing", () => {
  test("parts are named once, what was one object is one again, functions are left out", () => {
    const file = new Blob(["a"]);
    const sheet = { image: file, margins: { left: 1 } };
    const ids = new Map<unknown, string>();
    const idOf = (content: unknown): string => {
      ids.set(content, ids.get(content) ?? `${ids.size}`);
      return ids.get(content)!;
    };
    const value = {
      sheets: [sheet, { ...sheet, margins: { left: 2 } }],
      aside: { sheet },
      again: () => 1,
      none: undefined,
    };
    const packed = JSON.parse(JSON.stringify(pack(value, idOf)));
    expect([...partsOf(packed)]).toEqual([["0", "blob"]]);
    const back = unpack(packed, (id) => (id === "0" ? file : undefined)) as typeof value;
    expect(back).toEqual({ sheets: value.sheets, aside: value.aside });
    expect(back.aside.sheet).toBe(back.sheets[0]);
    expect(back.sheets[0]).not.toBe(back.sheets[1]);
  });

  test("names of objects are kept as they are", () => {
    const packed = JSON.parse('{"__proto__": {"a": 1}}');
    expect(Object.keys(unpack(packed, () => undefined) as object)).toEqual(["__proto__"]);
  });
});

test("files of one archive have names of their own, good on every system", () => {
  expect(freeName("heart-7-0.png", {})).toBe("heart-7-0.png");
  expect(freeName("heart-7-0.png", { "heart-7-0.png": 1, "heart-7-0-2.png": 1 })).toBe("heart-7-0-3.png");
  expect(forFileName('a/b: "c"?')).toBe("a-b-c-");
});

test("pictures are found by class and day, numbers only whole", () => {
  const found = (search: string, now = NOON): boolean => searchPictures([picture], search, now).length === 1;
  for (const search of ["heart 2026-11-28", "2026-11", "today", "november heart", "42", "64x64"])
    expect(found(search), search).toBe(true);
  for (const search of ["yesterday", "2026-10", "4", "apple today"]) expect(found(search), search).toBe(false);
  expect(found("yesterday", NOON + 86_400_000)).toBe(true);
});

describe("settings of another model", () => {
  test("what a picture says of its model goes before the model's name", () => {
    expect(isOf({ model: "toy", settings: undefined }, info)).toBe(true);
    expect(isOf({ model: "other", settings: { model: "aa" } }, info)).toBe(true);
    expect(isOf({ model: "toy", settings: { model: "bb" } }, info)).toBe(false);
  });

  test("are fitted by the class's name, or not at all", () => {
    const theirs = { ...request, classId: 7, width: 250, steps: 40, style: "bold", more: { topK: 3 } };
    expect(fitted({ request: theirs, label: "apple", settings: undefined }, info)).toEqual({
      ...request,
      classId: 1,
      width: 248,
      steps: expect.any(Number),
      style: undefined,
    });
    expect(fitted({ request: theirs, label: "shirt", settings: undefined }, info)).toBeUndefined();
  });
});

test("a link holds settings and gives them back; damaged ones are refused in words", () => {
  const settings = { class: "café", seed: 7 };
  const link = linkOf(settings, "http://studio.test/a/#/gallery");
  expect(link).toMatch(/^http:\/\/studio\.test\/a\/#\/create\?settings=[\w-]+$/);
  expect(settingsInLink(new URL(link).hash)).toEqual(settings);
  expect(settingsInLink("#/create")).toBeUndefined();
  for (const hash of ["#/create?settings=%%", "#/create?settings=W10", `#/create?settings=${"A".repeat(20_000)}`])
    expect(() => settingsInLink(hash)).toThrow("This link's settings are damaged");
});

test("the title tells what goes on", () => {
  const state = useStudio.getState();
  const run = {
    id: 1,
    request,
    label: "red-heart",
    grids: [
      [1, 1],
      [2, 2],
    ] as const,
    settings: [],
    kept: [],
  };
  expect(titleOf(state)).toBe("Create – FlexVAR studio");
  const model = { status: "ready", computes: "wasm" } as const;
  const drawing = { ...state, model, run: { ...run, frames: [[new Blob()]], status: "drawing" as const } };
  expect(titleOf(drawing)).toBe("Drawing Red heart, 50 % – Create – FlexVAR studio");
  expect(titleOf({ ...state, view: "edit", painting: 0.25 })).toBe("Painting, 25 % – Edit – FlexVAR studio");
});
