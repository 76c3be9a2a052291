import type { BrowserSite, ServerSite } from "flexvar/client";
import { browserBackend } from "./browser.ts";
import { readJson } from "./config.ts";
import type { Backend } from "./types.ts";

/** The backend that the site offers, as `studio.json` beside the page says. @throws Error in words. */
export async function chooseBackend(base: string): Promise<Backend> {
  const address = new URL("studio.json", base);
  const site = await readJson<BrowserSite | ServerSite>(address, "studio.json: expected a file beside the page", {
    cache: "no-cache",
  });
  if (site.backend !== "server") return browserBackend(site, base);
  return (await import("./server.ts")).serverBackend(base, async (png) => {
    const { requestOfPng } = await import("./settings.ts");
    return requestOfPng(new Uint8Array(await png.arrayBuffer()));
  });
}
