/** What a studio site says of itself, in `studio.json` and, where a server computes, in `model/about.json`. */

/** A file of a site. */
export interface SiteFile {
  readonly file: string;
  readonly bytes: number;
  /** Hex digits of the content's SHA-256. */
  readonly sha256: string;
}

/** A picture of tiles beside the page, one a class, row by row. */
export interface ExampleSheet {
  readonly file: string;
  readonly columns: number;
  readonly rows: number;
}

/** `studio.json` of a static site: where pictures are made, and of what files. */
export interface BrowserSite {
  readonly backend: "browser";
  /** `hash` is recorded in every PNG: which model drew it. Files lie in `model/`. */
  readonly model: { readonly name: string; readonly hash: string; readonly files: readonly SiteFile[] };
  /** Files that each device needs of ONNX Runtime, in `ort/`. */
  readonly runtime: Readonly<Record<"wasm" | "webgpu", readonly SiteFile[]>>;
  readonly examples?: ExampleSheet | undefined;
}

/** `studio.json` where a server serves the page: nothing else, for it is read before a token can be given. */
export interface ServerSite {
  readonly backend: "server";
}

/** `model/about.json` of the server's model. */
export interface ServerAbout {
  readonly model: { readonly name: string; readonly hash: string };
  readonly examples?: ExampleSheet | undefined;
}
