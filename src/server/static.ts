/** A site's files, by a table made before any request: a path of a request is looked up in it and never touches the disk. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { parseAccept } from "hono/utils/accept";

/** Path below the root (`index.html`) to where its content lies. */
export type SiteFiles = ReadonlyMap<string, { readonly path: string } | { readonly text: string }>;

/** Types of files, and whether they are worth compressing. */
const TYPES: Readonly<Record<string, readonly [type: string, isPlain: boolean]>> = {
  html: ["text/html; charset=utf-8", true],
  js: ["text/javascript; charset=utf-8", true],
  mjs: ["text/javascript; charset=utf-8", true],
  css: ["text/css; charset=utf-8", true],
  json: ["application/json", true],
  webmanifest: ["application/manifest+json", true],
  wasm: ["application/wasm", true],
  svg: ["image/svg+xml", true],
  png: ["image/png", false],
  webp: ["image/webp", false],
  ico: ["image/x-icon", false],
};

/** The table's name of a path. */
export const fileName = (path: string): string => (path === "/" ? "index.html" : path.slice(1));

/** Files that describe the model; the others are the page itself, the same for every server, and open to all. */
const MODEL_FILES = /^model\//;

/** Whether a path is a file of the page itself. */
export const isShell = (files: SiteFiles, path: string): boolean =>
  files.has(fileName(path)) && !MODEL_FILES.test(fileName(path));

/** What the page, its workers and its service worker may load: what comes from here, and pictures that it made itself. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self' blob: data:",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Names that the studio's build makes of the content: another content has another name. */
const HASHED = /^assets\/.*-[\w-]{8}\.\w+$/;
const FOREVER = "public, max-age=31536000, immutable";
const ASK_AGAIN = "no-cache";

type Encoding = "br" | "gzip" | "identity";

/** A file as it is sent, one way of sending it. */
interface Sent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tag: string;
}

const COMPRESS: Readonly<Record<Encoding, (bytes: Uint8Array) => Promise<Uint8Array>>> = {
  // Once for each file and while somebody waits for it: a middle way between size and time.
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (bytes) => promisify(gzip)(bytes),
  identity: async (bytes) => bytes,
};

/** Gives a site's files; undefined where the table has no such path. */
export type SiteReader = (path: string, headers: Headers) => Promise<Response | undefined>;

/** Reads and compresses each file once, when it is first asked for. */
export function siteReader(files: SiteFiles): SiteReader {
  const kept = new Map<string, Promise<Sent>>();
  const sent = (name: string, encoding: Encoding): Promise<Sent> => {
    const key = `${encoding} ${name}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const reading = load(files.get(name)!, encoding);
    kept.set(key, reading);
    // A file that could not be read may be there the next time.
    reading.catch(() => kept.delete(key));
    return reading;
  };
  return async (path, asked) => {
    const name = fileName(path);
    if (!files.has(name)) return undefined;
    const [type, isPlain] = TYPES[name.slice(name.lastIndexOf(".") + 1)] ?? ["application/octet-stream", false];
    const encoding = isPlain ? encodingFor(asked.get("accept-encoding") ?? "") : "identity";
    const { bytes, tag } = await sent(name, encoding);
    const headers = {
      etag: tag,
      "cache-control": HASHED.test(name) ? FOREVER : ASK_AGAIN,
      "content-security-policy": POLICY,
      ...(isPlain ? { vary: "accept-encoding" } : {}),
    };
    if (isKnown(tag, asked.get("if-none-match"))) return new Response(null, { status: 304, headers });
    return new Response(bytes, {
      headers: {
        ...headers,
        "content-type": type,
        ...(encoding === "identity" ? {} : { "content-encoding": encoding }),
      },
    });
  };
}

async function load(source: { readonly path: string } | { readonly text: string }, encoding: Encoding): Promise<Sent> {
  const plain = "path" in source ? await readFile(source.path) : Buffer.from(source.text);
  const hash = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  const bytes = new Uint8Array(await COMPRESS[encoding](plain));
  return { bytes, tag: `"${hash}${encoding === "identity" ? "" : `-${encoding}`}"` };
}

/** The best encoding that a client takes (RFC 9110, section 12.5.3). */
function encodingFor(accepted: string): Encoding {
  const takes = new Set(
    parseAccept(accepted.slice(0, 1000)).flatMap(({ type, q }) => (q > 0 ? [type.toLowerCase()] : [])),
  );
  return takes.has("br") ? "br" : takes.has("gzip") ? "gzip" : "identity";
}

/** Whether a client has the file with this tag already (RFC 9110, section 13.1.2). */
function isKnown(tag: string, known: string | null): boolean {
  if (known === null) return false;
  return known.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === tag);
}
