/** Links that hold a picture's settings, never the picture. They stand behind the `#`, which browsers send to nobody. */
import type { SettingsRecord } from "flexvar/web";
import { takeSettings } from "./repeat.ts";
import { say } from "./store.ts";

/** Longest link that is read, in characters. */
const MOST_LENGTH = 16_000;
const NAME = "settings";

/** Settings as a link to the studio that is open, or to another one. */
export function linkOf(settings: SettingsRecord, studio = location.href): string {
  const bytes = new TextEncoder().encode(JSON.stringify(settings));
  const text = btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return `${studio.split("#")[0]}#/create?${NAME}=${text}`;
}

/** Settings in an address's part behind the `#`; undefined where there are none. @throws Error in words where they are damaged. */
export function settingsInLink(hash: string): SettingsRecord | undefined {
  const text = new URLSearchParams(hash.split("?")[1] ?? "").get(NAME);
  if (text === null) return undefined;
  try {
    if (text.length > MOST_LENGTH) throw new RangeError(`link: expected at most ${MOST_LENGTH} characters`);
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
    const settings: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (typeof settings !== "object" || settings === null || Array.isArray(settings))
      throw new TypeError("link: expected an object");
    return settings as SettingsRecord;
  } catch (error) {
    throw new Error("This link's settings are damaged; perhaps it was cut short.", { cause: error });
  }
}

/** Brings the settings of the page's address into the form, and takes them out of the address. */
export async function takeLink(): Promise<void> {
  try {
    const settings = settingsInLink(location.hash);
    if (settings === undefined) return;
    history.replaceState(null, "", "#/create");
    const { requestOf } = await import("../backend/settings.ts");
    const request = requestOf(settings);
    if (request === undefined) throw new Error("This link holds no settings of a drawing.");
    takeSettings({ request, settings, label: typeof settings.class === "string" ? settings.class : "picture" });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
  }
}
