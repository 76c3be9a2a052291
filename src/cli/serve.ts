import type { Command } from "commander";
import type { CommandWork } from "./command.ts";
import { addServerFlags, runServer, type ServerFlags } from "./server-run.ts";

/** `flexvar serve`. */
export function define(command: Command): CommandWork {
  command.description(
    "Serves the HTTP API: OpenAI's image paths with flexvar's fields; /openapi.json describes it. The studio is at /. " +
      "Listens on 127.0.0.1 by default. The first Ctrl-C lets the jobs at work end, a second ends at once.",
  );
  addServerFlags(command);
  return {
    examples: ["flexvar serve --port 8080", "FLEXVAR_TOKEN=secret flexvar serve --host 0.0.0.0"],
    work: (_, flags: ServerFlags, running) => runServer(flags, running, () => {}),
  };
}
