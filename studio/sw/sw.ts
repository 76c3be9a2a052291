/**
 * The service worker: the shell offline, and the two headers that make a page cross-origin isolated (Wasm threads) where
 * the host cannot set them. Weights are the page's own affair (`backend/weights.ts`).
 */
interface WorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "fetch", listener: (event: WorkerEvent) => void): void;
  addEventListener(type: "message", listener: (event: MessageEvent<{ files: readonly string[] }>) => void): void;
}

interface WorkerEvent extends Event {
  readonly request: Request;
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
}

const worker = globalThis as unknown as WorkerScope;

/** Filled in by the build: the shell's files, and a name that changes with them. */
const SHELL: readonly string[] = JSON.parse("__SHELL_FILES__");
/** What the site adds to the shell; not every site has all. */
const SITE = ["studio.json", "model/config.json", "model/about.json"];
const SHELL_CACHE = "flexvar-shell-__SHELL_VERSION__";
/** ONNX Runtime's files, by version: kept when first used. */
const RUNTIME_CACHE = "flexvar-runtime-__RUNTIME_VERSION__";
const OURS = /^flexvar-(shell|runtime)-/;

worker.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(SHELL_CACHE);
      await cache.addAll(SHELL.map((file) => new Request(file, { cache: "no-cache" })));
      await Promise.all(SITE.map((file) => cache.add(file).catch(() => undefined)));
      await worker.skipWaiting();
    })(),
  );
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const kept = [SHELL_CACHE, RUNTIME_CACHE, await previousShell()];
      for (const name of await caches.keys()) if (OURS.test(name) && !kept.includes(name)) await caches.delete(name);
      await worker.clients.claim();
    })(),
  );
});

// A page asks whether it is of this version, by the files that it loaded.
worker.addEventListener("message", ({ data, ports: [port] }) => {
  const folder = new URL(worker.registration.scope).pathname;
  port?.postMessage(data.files.every((file) => SHELL.some((one) => folder + one === file)));
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const { scope } = worker.registration;
  if (request.method !== "GET" || !request.url.startsWith(scope)) return;
  const path = new URL(request.url).pathname.slice(new URL(scope).pathname.length);
  // The server's own interface and its streams pass untouched, and weights, which coming through here would slow down: a page's own
  // origin may send them without further headers.
  if (/^(v1\/|healthz|metrics|openapi)/.test(path) || /^model\/.*\.safetensors$/.test(path)) return;
  event.respondWith(answer(request, path));
});

/** The version before this one: pages of it may be open, and load more of its files, which the host has no longer. */
const previousShell = async (): Promise<string | undefined> =>
  (await caches.keys()).findLast((name) => /^flexvar-shell-/.test(name) && name !== SHELL_CACHE);

async function answer(request: Request, path: string): Promise<Response> {
  if (path.startsWith("ort/")) return isolated(await fromCacheFirst(RUNTIME_CACHE, request));
  if (path === "" || path === "index.html") return isolated(await fromNetworkFirst(request, "./"));
  if (path.startsWith("assets/")) return isolated(await fromCacheFirst(SHELL_CACHE, request));
  return isolated(await fromNetworkFirst(request, request));
}

async function fromCacheFirst(name: string, request: Request): Promise<Response> {
  const cache = await caches.open(name);
  const kept = (await cache.match(request, { ignoreVary: true })) ?? (await matchIn(await previousShell(), request));
  if (kept !== undefined) return kept;
  const fresh = await fetch(request);
  if (fresh.status === 200) await cache.put(request, fresh.clone()).catch(() => undefined);
  return fresh;
}

const matchIn = async (cacheName: string | undefined, request: Request): Promise<Response | undefined> =>
  cacheName === undefined ? undefined : caches.match(request, { cacheName, ignoreVary: true });

/** What can change without a new name: asked for anew, and the last answer where there is no network. */
async function fromNetworkFirst(request: Request, key: Request | string): Promise<Response> {
  const cache = await caches.open(SHELL_CACHE);
  try {
    const fresh = await fetch(request);
    if (fresh.status === 200) await cache.put(key, fresh.clone()).catch(() => undefined);
    return fresh;
  } catch (error) {
    const kept = await cache.match(key, { ignoreVary: true, ignoreSearch: true });
    if (kept !== undefined) return kept;
    throw error;
  }
}

function isolated(response: Response): Response {
  if (response.status === 0 || response.type === "opaque") return response;
  const headers = new Headers(response.headers);
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}

export {};
