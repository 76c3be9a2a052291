/** The editor's state. */
import { create } from "zustand";
import type { DrawnPicture } from "../backend/types.ts";
import type { PhotoMask } from "../photo/messages.ts";
import type { KeptEdit } from "../state/library.ts";
import type { Sheet } from "./document.ts";
import type { Frame } from "./view.ts";

export type Tool = "brush" | "eraser" | "rect" | "lasso";
export type BrushUnit = "screen" | "picture";

/** Limits of the brush's diameter, in its unit. */
export const BRUSH = { min: 2, max: 256 };

/** Where in a photograph variants go. */
export interface PhotoPart {
  readonly region: Frame;
  readonly mask: PhotoMask;
  /** Pixels of the photograph for one of the model's, along a side. */
  readonly zoom: number;
}

/** Variants of one edit, growing or finished. */
export interface Result {
  readonly made: KeptEdit["task"];
  readonly status: "working" | "done" | "failed";
  readonly done: number;
  readonly pictures: readonly DrawnPicture[];
  readonly picked: number;
  /** The class ordered; undefined: the model's best guess. */
  readonly classId: number | undefined;
  readonly seed: number;
  readonly message?: string;
  /** Orders before this one on a server that has others to serve first. */
  readonly waiting?: number | undefined;
  /** Orders the same once more. */
  readonly again: () => void;
  /** The part of a photograph that was painted; undefined where it is the whole picture. */
  readonly part?: PhotoPart | undefined;
}

/** A picture that is edited, with its history. */
export interface EditorDocument {
  /** Under which it is kept on this device; empty where no picture is open. */
  readonly id: string;
  readonly name: string;
  /** Where its first picture comes from: of the gallery it is no document of its own until something is done with it. */
  readonly source?: "gallery" | undefined;
  /** States of the picture, oldest first, and which is shown. */
  readonly sheets: readonly Sheet[];
  readonly at: number;
  /** Undefined: the model's best guess. */
  readonly classId?: number | undefined;
  readonly result?: Result | undefined;
  /** Finished variants that were left, and the state of the picture that they are of. */
  readonly aside?: { readonly sheet: Sheet; readonly result: Result } | undefined;
}

export interface EditorState extends EditorDocument {
  readonly tool: Tool;
  /** Diameter in pixels of the screen or of the picture. */
  readonly brush: number;
  readonly brushIn: BrushUnit;
  readonly softness: number;
  /** Undefined: as the model's rule for edits has it. */
  readonly guidance?: number | undefined;
  readonly count: number;
  /** Number of scales, and the share of them that is painted anew; undefined: as the rules of editing have it. */
  readonly steps?: number | undefined;
  readonly strength?: number | undefined;
  readonly seed: number;
  /** Whether every order takes a new seed. */
  readonly freshSeed: boolean;
  /** Whether an exported photograph has what its camera wrote. */
  readonly keepsRecords: boolean;
  /** Other options by the library's names. */
  readonly more: Readonly<Record<string, unknown>>;
  /** The picture that was open before this one, for undo, and the one that undo came back from, for redo. */
  readonly before?: EditorDocument | undefined;
  readonly after?: EditorDocument | undefined;
}

export const useEditor = create<EditorState>()(() => ({
  id: "",
  name: "",
  sheets: [],
  at: -1,
  tool: "brush",
  brush: 48,
  brushIn: "screen",
  softness: 1,
  count: 2,
  seed: 7,
  freshSeed: true,
  more: {},
  keepsRecords: true,
}));

export const editor = useEditor.getState;
export const setEditor = useEditor.setState;

export const currentSheet = ({ sheets, at }: EditorState): Sheet | undefined => sheets[at];

/** The brush's diameter in pixels of the shown picture. @param scale screen pixels of one of these; @param shrink these for one of the picture's own */
export const brushPixels = (
  { brush, brushIn }: Pick<EditorState, "brush" | "brushIn">,
  scale: number,
  shrink: number,
): number => (brushIn === "screen" ? brush / scale : brush * shrink);

/** A larger or smaller brush, in steps that grow with it. */
export function resizeBrush(direction: 1 | -1): void {
  setEditor(({ brush }) => {
    const next = brush + direction * Math.max(1, Math.round(brush * 0.15));
    return { brush: Math.min(BRUSH.max, Math.max(BRUSH.min, next)) };
  });
}
