/** Tells a page that stays open while the site is renewed that a newer studio is there. */
import { offer } from "../state/store.ts";

/** A tab that is looked at again asks for a newer version at most this often; browsers by themselves ask when a page is loaded. */
const EVERY_MS = 3_600_000;

export function followVersions(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("controllerchange", async () => {
    if (!(await isNewer(serviceWorker.controller))) return;
    const reload = { label: "Reload", perform: () => location.reload() };
    offer("A new version is ready.", reload, { label: "Later", perform: () => undefined });
  });
  let asked = performance.now();
  document.addEventListener("visibilitychange", async () => {
    if (document.visibilityState !== "visible" || performance.now() - asked < EVERY_MS) return;
    asked = performance.now();
    // Without a network there is nothing new.
    await (await serviceWorker.getRegistration())?.update().catch(() => undefined);
  });
}

/** Whether a service worker belongs to another studio than this page: one without the scripts and styles that it loaded. */
function isNewer(worker: ServiceWorker | null): Promise<boolean> {
  const loaded = document.querySelectorAll<HTMLScriptElement | HTMLLinkElement>("script[src], link[rel=stylesheet]");
  const files = Array.from(loaded, (one) => new URL("src" in one ? one.src : one.href).pathname);
  const { port1: port, port2 } = new MessageChannel();
  return new Promise((answered) => {
    port.onmessage = ({ data }: MessageEvent<boolean>) => {
      port.close();
      answered(!data);
    };
    worker?.postMessage({ files }, [port2]);
  });
}
