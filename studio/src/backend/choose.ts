import { type BrowserSite, browserBackend } from "./browser.ts";
import type { ServerSite } from "./server.ts";
import type { Backend } from "./types.ts";

/** The backend that the site offers, as `studio.json` beside the page says. @throws Error in words. */
export async function chooseBackend(base: string): Promise<Backend> {
  const response = await fetch(new URL("studio.json", base), { cache: "no-cache" }).catch((error: unknown) => {
    throw new Error("The studio could not reach its files. Is this device online?", { cause: error });
  });
  if (!response.ok) throw new Error(`studio.json: expected a file beside the page, got ${response.status}`);
  const site = (await response.json()) as BrowserSite | ServerSite;
  return site.backend === "server" ? (await import("./server.ts")).serverBackend(base) : browserBackend(site, base);
}
