/** The service worker: offline use, and the headers without which a browser gives no threads to Wasm. */
import { keepText, keptText } from "../state/page-storage.ts";

const TRIED = "flexvar-isolation-tried";
/** A first visit waits this long for the service worker before it goes on without threads. */
const PATIENCE_MS = 4000;

/**
 * Registers the service worker. Where the host does not set the isolation headers the page is loaded once more, through the
 * service worker, which does. Returns whether that is happening.
 * @param mayReload whether nothing is begun that loading again would break off; else the next visit has threads
 */
export async function isolatePage(mayReload: () => boolean): Promise<boolean> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return false;
  const registered = navigator.serviceWorker.register("./sw.js", { type: "module" });
  registered.catch(() => undefined);
  const tried = crossOriginIsolated || keptText("tab", TRIED) !== undefined;
  const controlled = new Promise<boolean>((done) => {
    if (navigator.serviceWorker.controller !== null) done(true);
    navigator.serviceWorker.addEventListener("controllerchange", () => done(true), { once: true });
    registered.catch(() => done(false));
    setTimeout(() => done(false), PATIENCE_MS);
  });
  // Also a page that stays as it is waits, so that what it loads from now on is there offline.
  if (!(await controlled) || tried || !mayReload()) return false;
  // A page that cannot remember that it tried would load itself for ever.
  if (!keepText("tab", TRIED, "1")) return false;
  location.reload();
  return true;
}
