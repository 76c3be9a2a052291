/**
 * `<flexvar-editor>`: the studio's editor as an element for any page: pictures in, masks painted, parts drawn anew, the picture out. Importing
 * the module defines the element; the editor itself is loaded when the first one is shown.
 *
 * @module flexvar/element
 * @example
 * import "flexvar/element";
 * const editor = document.querySelector("flexvar-editor")!;
 * editor.addEventListener("export", ({ detail: { blob } }) => upload(blob));
 */
import { fromPage, startModelWorker } from "flexvar/start-model-worker";
import type { ChangeDetail, EditorEvents, EditorHandle, EditorSource, ExportedImage, ExportOptions } from "./host.ts";

export type { ChangeDetail, ExportedImage, ExportOptions };

/** The element's events, by name. */
export interface FlexvarEditorEventMap {
  /** The model is known, and pictures can be opened and painted. */
  ready: CustomEvent<undefined>;
  /** The picture is another than before: opened, painted, undone or redone. `value` is that picture already. */
  change: CustomEvent<ChangeDetail>;
  /** The button "Export" was pressed. Unless it is prevented, the file is downloaded. */
  export: CustomEvent<ExportedImage>;
  /** The editor could not start, a picture could not be opened, or nothing was painted. */
  error: CustomEvent<{ readonly error: Error }>;
}

const ATTRIBUTES = ["model", "server", "assets", "src", "class-label"] as const;
const PICTURE = "picture";

/** Where there are no elements, as on a server that renders pages, the module can be imported all the same. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

/**
 * The element. Attributes: `model` (address of a model folder, opened in this browser) or `server` (address of a `flexvar serve`), `src` (a picture
 * to open), `class-label` (what to paint: a class's name, or `#` and its number), `assets` (the folder that `flexvar assets` wrote, where the
 * bundler makes no workers).
 */
export class FlexvarEditorElement extends Base {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  /** The token that the server asks for; read when the element is shown. */
  token: string | undefined;

  #mounted: Promise<EditorHandle> | undefined;
  #handle: EditorHandle | undefined;
  #ready = gate();
  #image: Blob | ImageBitmap | undefined;

  connectedCallback(): void {
    if (this.#mounted !== undefined) return;
    this.#mounted = this.#mount();
    this.#mounted.catch((error: unknown) => this.#fail(error));
    this.#start();
  }

  /** Moving the element keeps its editor; taking it away ends it. */
  disconnectedCallback(): void {
    setTimeout(() => {
      if (this.isConnected) return;
      void this.#mounted?.then((handle) => handle.close());
      this.#mounted = undefined;
      this.#handle = undefined;
      this.#ready = gate();
    });
  }

  attributeChangedCallback(name: (typeof ATTRIBUTES)[number], before: string | null, now: string | null): void {
    if (this.#mounted === undefined || before === now) return;
    if (name === "src") this.#try(this.#openSource());
    else if (name === "class-label") this.#try(this.#paintAs());
  }

  /** The picture as a PNG, `undefined` while none is open. Of a photograph it is what is shown; {@link exportImage} gives all of it. */
  get value(): Blob | undefined {
    return this.#handle?.value;
  }

  /** The picture that was given. Setting it opens it. */
  get image(): Blob | ImageBitmap | undefined {
    return this.#image;
  }

  set image(picture: Blob | ImageBitmap | undefined) {
    this.#image = picture;
    if (picture !== undefined) this.#try(this.open(picture));
  }

  /** Opens a picture, once the element is on a page. @throws Error in words where it cannot be read. */
  async open(picture: Blob | ImageBitmap): Promise<void> {
    const file = picture instanceof Blob ? picture : await pngOf(picture);
    const handle = await this.#whenReady();
    await handle.open(file, picture instanceof File ? picture.name : PICTURE);
  }

  /** Writes the picture. @throws Error in words where none is open. */
  async exportImage(options?: ExportOptions): Promise<ExportedImage> {
    return (await this.#whenReady()).exportImage(options);
  }

  undo(): void {
    this.#handle?.undo();
  }

  redo(): void {
    this.#handle?.redo();
  }

  override addEventListener<K extends keyof FlexvarEditorEventMap>(
    type: K,
    listener: (this: FlexvarEditorElement, event: FlexvarEditorEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
  }

  async #mount(): Promise<EditorHandle> {
    const source = this.#source();
    const { createEditorModule } = await import("./element-editor.js");
    const assets = this.getAttribute("assets") ?? undefined;
    const photos = assets === undefined ? undefined : new URL("photo-worker.js", folder(assets));
    const handle = createEditorModule().mountEditor({
      root: this.shadowRoot ?? this.attachShadow({ mode: "open" }),
      source,
      startModelWorker: () => startModelWorker(assets),
      startPhotoWorker: () => (photos === undefined ? startPhotoWorker() : new Worker(photos, PHOTO_WORKER)),
      tell: (name, detail) => this.#tell(name, detail),
    });
    this.#handle = handle;
    return handle;
  }

  #source(): EditorSource {
    const { server, model, assets } = this.#given();
    if (server !== null) return { server: folder(server), token: this.token };
    if (model !== null) return { model: folder(model), ...(assets !== null && { wasmPaths: folder(assets) }) };
    throw new Error("flexvar-editor: expected the attribute model or server, got neither");
  }

  #given(): Record<(typeof ATTRIBUTES)[number], string | null> {
    return Object.fromEntries(ATTRIBUTES.map((name) => [name, this.getAttribute(name)])) as never;
  }

  /** What the attributes ask for, once the model is known. */
  #start(): void {
    if (this.hasAttribute("class-label")) this.#try(this.#paintAs());
    if (this.hasAttribute("src")) this.#try(this.#openSource());
  }

  async #paintAs(): Promise<void> {
    const handle = await this.#whenReady();
    handle.paintAs(this.getAttribute("class-label") ?? undefined);
  }

  async #openSource(): Promise<void> {
    const address = this.getAttribute("src");
    if (address === null) return;
    const response = await fetch(fromPage(address)).catch(() => undefined);
    if (!response?.ok) throw new Error(`src: expected a picture at ${address}, got ${response?.status ?? "no answer"}`);
    const picture = await response.blob();
    const name = new URL(fromPage(address)).pathname.split("/").at(-1);
    const handle = await this.#whenReady();
    if (this.getAttribute("src") === address) await handle.open(picture, name || PICTURE);
  }

  async #whenReady(): Promise<EditorHandle> {
    await this.#ready.passed;
    return this.#mounted!;
  }

  #tell<K extends keyof EditorEvents>(name: K, detail: EditorEvents[K]): boolean {
    if (name === "ready") this.#ready.open();
    return this.dispatchEvent(new CustomEvent(name, { detail, cancelable: name === "export" }));
  }

  #try(doing: Promise<void>): void {
    doing.catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    this.#tell("error", { error: error instanceof Error ? error : new Error(String(error)) });
  }
}

/** A promise, and what keeps it. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

const PHOTO_WORKER = { type: "module", name: "flexvar-photo" } as const;

/** Bundlers know the worker by this very form. */
const startPhotoWorker = (): Worker =>
  new Worker(new URL("./photo-worker.js", import.meta.url), { type: "module", name: "flexvar-photo" });

/** The address of a folder, as workers elsewhere reach it. */
function folder(address: string): string {
  const whole = fromPage(address);
  return whole.endsWith("/") ? whole : `${whole}/`;
}

/** A decoded picture as a file. */
async function pngOf(picture: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  canvas.getContext("2d")!.drawImage(picture, 0, 0);
  return canvas.convertToBlob();
}

declare global {
  interface HTMLElementTagNameMap {
    "flexvar-editor": FlexvarEditorElement;
  }
}

if (globalThis.customElements !== undefined && customElements.get("flexvar-editor") === undefined)
  customElements.define("flexvar-editor", FlexvarEditorElement);
