/** What the element and the editor inside it know of each other. */
import type { SettingsRecord } from "flexvar/web";

/** What computes: a server, or this browser with the model folder at an address. */
export type EditorSource =
  | { readonly server: string; readonly token?: string | undefined }
  | { readonly model: string; readonly wasmPaths?: string | undefined };

/** How a picture is written. */
export interface ExportOptions {
  /** `png` by default: without loss, a variant as the model's file with its settings, a photograph at its own size. */
  readonly format?: "png" | "jpeg" | "webp" | undefined;
  /** Of `jpeg` and `webp`, 0 to 1; by default the browser's choice. */
  readonly quality?: number | undefined;
}

export interface ExportedImage {
  readonly blob: Blob;
  /** How the last variant in the picture was made; undefined where none was gone on with. */
  readonly settings: SettingsRecord | undefined;
}

/** The picture that is shown. */
export interface ChangeDetail {
  /** Pixels: a photograph's own, not those shown of it. */
  readonly width: number;
  readonly height: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** Details of the element's events, by name. */
export interface EditorEvents {
  ready: undefined;
  change: ChangeDetail;
  export: ExportedImage;
  error: { readonly error: Error };
}

export interface EditorHost {
  readonly root: ShadowRoot;
  readonly source: EditorSource;
  startModelWorker(): Worker;
  startPhotoWorker(): Worker;
  /** Dispatches an event. Returns whether nobody prevented what follows by default. */
  tell<K extends keyof EditorEvents>(name: K, detail: EditorEvents[K]): boolean;
}

/** A mounted editor. */
export interface EditorHandle {
  /** @throws Error in words where it is no picture, or one is being painted. */
  open(picture: Blob, name: string): Promise<void>;
  /** The class to paint, by name or `#` and number; undefined: the model's best guess. */
  paintAs(label: string | undefined): void;
  undo(): void;
  redo(): void;
  /** @throws Error in words where no picture is open. */
  exportImage(options?: ExportOptions): Promise<ExportedImage>;
  /** The picture as a PNG, of a photograph what is shown of it. */
  readonly value: Blob | undefined;
  /** Ends everything and gives the memory back. */
  close(): void;
}
