/** Where this program keeps what it can compute again. */
import { homedir } from "node:os";
import { join } from "node:path";

/** The user's cache folder for this program, as the platform has it. It may be deleted at any time. */
export function userCache(
  env: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, "flexvar");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "flexvar");
  if (platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "flexvar", "cache");
  return join(homedir(), ".cache", "flexvar");
}
