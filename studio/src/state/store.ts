/** The studio's state: the model, the form, the run under way, the gallery, and what is shown. */
import type { Grid, SettingsRecord } from "flexvar/web";
import { create } from "zustand";
import type { Link } from "../backend/connection.ts";
import type { Backend, Device, DrawRequest, ModelInfo, OpenProgress } from "../backend/types.ts";
import type { KeptPicture } from "./library.ts";
import type { Recipe } from "./repeat.ts";

/** The views, as the header shows them and the address names them. */
export const VIEWS = [
  { view: "create", label: "Create", icon: "draw" },
  { view: "edit", label: "Edit", icon: "edit" },
  { view: "gallery", label: "Gallery", icon: "gallery" },
] as const;
export type View = (typeof VIEWS)[number]["view"];
export type Theme = "system" | "light" | "dark";

/** Whether the model can draw. `idle`: not opened yet. */
type ModelState =
  | { readonly status: "idle" }
  | { readonly status: "opening"; readonly progress: OpenProgress | undefined }
  | { readonly status: "ready"; readonly computes: string }
  | { readonly status: "failed"; readonly message: string; readonly needsToken: boolean };

/** The orders of the create screen. */
export interface Form {
  readonly classId: number;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidance: number;
  readonly seed: number;
  /** Whether every drawing takes a new seed. */
  readonly freshSeed: boolean;
  readonly count: number;
  /** A style's name; undefined where none is told. */
  readonly style: string | undefined;
  /** Other options by the library's names, where they are not the model's to decide. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** One drawing, under way or over. */
export interface Run {
  readonly id: number;
  readonly request: DrawRequest;
  readonly label: string;
  readonly grids: readonly Grid[];
  /** By picture, by scale: PNGs. */
  readonly frames: readonly (readonly Blob[])[];
  readonly settings: readonly (SettingsRecord | undefined)[];
  /** Ids in the gallery, by picture, once finished. */
  readonly kept: readonly (string | undefined)[];
  readonly status: "drawing" | "done" | "stopped" | "failed";
  readonly message?: string;
  /** Orders before this one on a server that has others to serve first. */
  readonly waiting?: number | undefined;
  /** Milliseconds from the click to the first scale and to the end. */
  readonly firstMs?: number;
  readonly totalMs?: number;
}

export interface ToastAction {
  readonly label: string;
  readonly perform: () => void;
}

interface Toast {
  readonly text: string;
  readonly actions: readonly ToastAction[];
}

type Saving =
  | { readonly status: "saving" | "saved" }
  /** `message`: why it could not be kept, in words. */
  | { readonly status: "failed"; readonly message: string };

export interface StudioState {
  readonly backend?: Backend | undefined;
  readonly info?: ModelInfo | undefined;
  /** Why nothing can be shown at all, in words. */
  readonly broken?: string | undefined;
  readonly model: ModelState;
  /** Whether the server answers; undefined where there is none. */
  readonly link?: Link | undefined;
  readonly device: Device;
  readonly form: Form;
  readonly run?: Run | undefined;
  /** Which picture of the run is looked at, and which of its scales (undefined: the newest). */
  readonly picked: number;
  readonly scale?: number | undefined;
  readonly pictures: readonly KeptPicture[];
  /** Why the gallery cannot be kept, in words. */
  readonly libraryProblem?: string | undefined;
  /** The editor's document, and whether the device holds it as it is; undefined where none is open. */
  readonly documentId?: string | undefined;
  readonly saving?: Saving | undefined;
  /** The share of an edit under way that is done, 0 to 1. */
  readonly painting?: number | undefined;
  readonly view: View;
  /** Picture open over the gallery. */
  readonly looking?: string | undefined;
  readonly dialog?: "model" | "keys" | "documents" | "other-model" | "link" | undefined;
  /** The link that the dialog of links shows. */
  readonly shared?: string | undefined;
  /** Settings that another model's picture brought, while that is asked about. */
  readonly otherModel?: Recipe | undefined;
  /** Whether files are held over the page. */
  readonly dragging?: boolean | undefined;
  readonly toast?: Toast | undefined;
  readonly theme: Theme;
}

export const useStudio = create<StudioState>()(() => ({
  model: { status: "idle" },
  device: "auto",
  form: {
    classId: 0,
    width: 64,
    height: 64,
    steps: 10,
    guidance: 2.5,
    seed: 7,
    freshSeed: true,
    count: 1,
    style: undefined,
    more: {},
  },
  picked: 0,
  pictures: [],
  view: "create",
  theme: "system",
}));

export const set = useStudio.setState;
export const get = useStudio.getState;

export function setForm(change: Partial<Form>): void {
  set(({ form }) => ({ form: { ...form, ...change } }));
}

let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** Says something in passing; gone after a while. */
export function say(text: string, ...actions: readonly ToastAction[]): void {
  offer(text, ...actions);
  toastTimer = setTimeout(() => set({ toast: undefined }), actions.length === 0 ? 4000 : 8000);
}

/** Says something that stays until it is answered, or until something else is said. */
export function offer(text: string, ...actions: readonly ToastAction[]): void {
  clearTimeout(toastTimer);
  set({ toast: { text, actions } });
}

/** A class's name as people read it: `animal-face` is "Animal face". */
export function shownLabel(label: string): string {
  const words = label.replaceAll(/[-_]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
