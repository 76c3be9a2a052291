import { type BrowserSite, browserBackend } from "./browser.ts";
import type { Backend } from "./types.ts";

/** What `studio.json` beside the page may say. */
type Site = BrowserSite | { readonly backend: "server" };

/** The backend that the site offers. @throws Error in words. */
export async function chooseBackend(base: string): Promise<Backend> {
  const response = await fetch(new URL("studio.json", base), { cache: "no-cache" }).catch((error: unknown) => {
    throw new Error("The studio could not reach its files. Is this device online?", { cause: error });
  });
  if (!response.ok) throw new Error(`studio.json: expected a file beside the page, got ${response.status}`);
  const site = (await response.json()) as Site;
  if (site.backend === "server") throw new Error("studio.json: expected the backend browser, got server");
  return browserBackend(site, base);
}
