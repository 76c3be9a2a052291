/** The browser face: everything of the platform-neutral one, and model folders by address. */
export { type DownloadProgress, download, type Fetch } from "./download.ts";
export * from "./index.ts";
export * from "./remote.ts";
