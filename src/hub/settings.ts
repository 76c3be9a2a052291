/** Where the hub is, where its files are kept, and as whom to ask: the variables that Python's `huggingface_hub` reads. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { userCache } from "../files/index.ts";

export interface HubSettings {
  /** Address of the hub, without a slash at its end. */
  readonly endpoint: string;
  /** Folder of the cache, in the layout of Python's library. */
  readonly cache: string;
  readonly token: string | undefined;
  /** Whether nothing may be asked of the network. */
  readonly offline: boolean;
}

/** Where models by name are kept, and how the hub is asked. */
export interface HubPlaces {
  readonly settings: HubSettings;
  /** Folder of the model folders that were made of released checkpoints. */
  readonly imported: string;
}

/** The places of this user. @param offline asks nothing of the network, whatever the variables say */
export function hubPlaces(offline = false): HubPlaces {
  const settings = hubSettings();
  return { settings: { ...settings, offline: offline || settings.offline }, imported: join(userCache(), "models") };
}

type Environment = Readonly<Record<string, string | undefined>>;

const isSet = (value: string | undefined): boolean => /^(1|on|yes|true)$/i.test(value ?? "");

/** `HF_ENDPOINT`, `HF_HUB_CACHE` (`HF_HOME`, `XDG_CACHE_HOME`), `HF_TOKEN` (or the file that a log-in left), `HF_HUB_OFFLINE`. */
export function hubSettings(env: Environment = process.env): HubSettings {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "huggingface");
  return {
    endpoint: (env.HF_ENDPOINT || "https://huggingface.co").replace(/\/$/, ""),
    cache: env.HF_HUB_CACHE || join(home, "hub"),
    token: isSet(env.HF_HUB_DISABLE_IMPLICIT_TOKEN) ? undefined : env.HF_TOKEN?.trim() || savedToken(env, home),
    offline: isSet(env.HF_HUB_OFFLINE),
  };
}

function savedToken(env: Environment, home: string): string | undefined {
  try {
    return readFileSync(env.HF_TOKEN_PATH || join(home, "token"), "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
