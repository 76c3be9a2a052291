/** `flexvar serve`, and `flexvar studio`, which opens the page that the server has. */
import type { Command } from "commander";
import { ExpectedError } from "../errors/index.ts";
import { addClusterFlags } from "./cluster-flags.ts";
import type { CommandWork, Outcome, Running } from "./command.ts";
import { addServerFlags, runServer, type ServerFlags, type Started, studioShell } from "./server-run.ts";

interface StudioFlags extends ServerFlags {
  readonly open: boolean;
}

export function define(command: Command): CommandWork {
  addServerFlags(command);
  if (command.name() === "serve") {
    addClusterFlags(command);
    command.description(
      "Serves the HTTP API: OpenAI's image paths with flexvar's fields; /openapi.json describes it. The studio is at /. " +
        "Listens on 127.0.0.1 by default. The first Ctrl-C lets the jobs at work end, a second ends at once.",
    );
    return {
      examples: [
        "flexvar serve --port 8080",
        "FLEXVAR_TOKEN=secret flexvar serve --host 0.0.0.0",
        "flexvar serve --cluster nats://queue.example.org:4222",
      ],
      work: (_, flags: ServerFlags, running) => runServer(flags, running),
    };
  }
  command
    .description(
      "The server of `flexvar serve`, and its studio opened in the browser: draw, watch the scales, repaint, extend. Pictures " +
        "are kept in that browser. Ends with Ctrl-C.",
    )
    .option("--no-open", "only print the address");
  return { examples: ["flexvar studio", "flexvar studio --model emoji --port 0 --no-open"], work: studio };
}

async function studio(_: readonly string[], flags: StudioFlags, running: Running): Promise<Outcome> {
  if (studioShell() === undefined)
    throw new ExpectedError("studio: expected the built studio in dist/studio, got none; `npm run build` makes it");
  const { report } = running;
  return runServer(flags, running, async (started) => {
    const address = studioAddress(started);
    report.log(`studio: ${address}`);
    if (!flags.open) return;
    const { default: open } = await import("open");
    // No browser here (a server without a screen) is no reason to stop: the address is printed.
    const browser = await open(address).catch(() => undefined);
    browser?.once("error", () => report.log("no browser could be opened; open the address above yourself"));
  });
}

/** A server on every address is reached by this machine's own; a token goes behind `#`, which browsers send nowhere. */
export function studioAddress({ url, token }: Started): string {
  const address = new URL(url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:"));
  if (token !== undefined) address.hash = `token=${encodeURIComponent(token)}`;
  return address.href;
}
