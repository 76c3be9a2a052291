/** What a picture's file says about itself. Loaded when a file is looked at. */
import { readSettings } from "flexvar/image";
import type { SettingsRecord } from "flexvar/web";

/** Settings that a PNG carries; undefined where there are none. They are as trustworthy as the file. */
export async function settingsOf(file: Blob): Promise<SettingsRecord | undefined> {
  try {
    return readSettings(new Uint8Array(await file.arrayBuffer()));
  } catch {
    return undefined;
  }
}
