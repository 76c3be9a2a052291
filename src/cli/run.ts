/** The command table, and a command line carried out. */
import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import { type CommandWork, type Context, carryOut } from "./command.ts";
import { asUsageError, describeError, EXIT_DONE, EXIT_USAGE, exitCodeOf, Stopped } from "./errors.ts";
import type { Terminal } from "./reporter.ts";

/** What each command is for, and what loads its definition: only those named on the command line are loaded. */
const COMMANDS: Readonly<
  Record<string, readonly [summary: string, load: () => Promise<{ define(command: Command): CommandWork }>]>
> = {
  generate: ["draw pictures of classes", () => import("./generate.ts")],
  repeat: ["draw a picture again from the settings in its PNG", () => import("./repeat.ts")],
  inpaint: ["repaint the white part of a mask", () => import("./edit.ts")],
  outpaint: ["continue a picture beyond its edges", () => import("./edit.ts")],
  expand: ["widen or heighten the canvas around a picture", () => import("./edit.ts")],
  refine: ["a small picture at a higher resolution", () => import("./edit.ts")],
  score: ["how likely a picture is under a class", () => import("./score.ts")],
  encode: ["a picture to the tokens of every scale", () => import("./encode.ts")],
  decode: ["tokens back to pictures", () => import("./decode.ts")],
  classes: ["the classes of a model", () => import("./classes.ts")],
  info: ["what a model folder or a checkpoint holds", () => import("./info.ts")],
  pull: ["bring released weights, or a model folder of the hub, here", () => import("./pull.ts")],
  models: ["the models that a name brings: shipped, cached, known", () => import("./models.ts")],
  devices: ["what this installation can compute on", () => import("./devices.ts")],
  import: ["make a model folder from released checkpoints", () => import("./import.ts")],
  export: ["write a model folder as .pth checkpoints", () => import("./export.ts")],
  quantize: ["write a model folder in int8, and what that costs", () => import("./quantize.ts")],
  train: ["train a tokenizer, a transformer or a judge", () => import("./train.ts")],
  sample: ["a class-balanced set of pictures, resumable", () => import("./sample.ts")],
  sweep: ["a set at every value of a sampling option, judged side by side", () => import("./sweep.ts")],
  evaluate: ["how good pictures are: FID and the rest", () => import("./evaluate.ts")],
  judge: ["how often pictures look like the class asked for", () => import("./judge.ts")],
  neighbours: ["the training pictures nearest to drawn ones", () => import("./neighbours.ts")],
  serve: ["the HTTP API", () => import("./serve.ts")],
  worker: ["draw what the servers of a cluster are asked for", () => import("./worker.ts")],
  studio: ["the same, and the studio opened in a browser", () => import("./serve.ts")],
  site: ["the studio as a static site", () => import("./site.ts")],
  assets: ["what a page's model worker loads, as files", () => import("./assets.ts")],
  bench: ["speed and memory on this machine", () => import("./bench.ts")],
};

/** Every command. */
export const commandNames: readonly string[] = Object.keys(COMMANDS);

const EXAMPLES = `
Examples:
  $ flexvar generate --class animal-face --count 4 --grid
  $ flexvar classes
  $ flexvar generate --help

Models: --model takes a model folder, the name of a shipped or released model (flexvar models lists them) or user/repo of the hub;
without it the shipped one is used.`;

/** Carries a command line out. Returns the exit code: 0 done, 1 failed, 2 bad usage, 130 stopped. Never throws. */
export async function run(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    const program = await buildProgram(argv, { terminal, signal });
    await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof CommanderError) return endedByCommander(error, argv, terminal);
    const failure = signal.aborted ? signal.reason : await asUsageError(error);
    terminal.err(`${describeError(failure, Boolean(process.env.FLEXVAR_DEBUG))}\n`);
    return exitCodeOf(failure);
  }
}

/** The parser with the commands that a command line names. */
export async function buildProgram(argv: readonly string[], context: Context): Promise<Command> {
  const { terminal } = context;
  const program = new Command("flexvar")
    .description("Scale-wise image generation on ONNX Runtime.")
    .version(version, "-V, --version", "print the version")
    .helpCommand("help [command]", "help for a command")
    .configureHelp({ helpWidth: Math.min(terminal.columns, 100), showGlobalOptions: false })
    .configureOutput({ writeOut: terminal.out, writeErr: () => {}, outputError: () => {} })
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  for (const [name, [summary, load]] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    if (argv.includes(name)) carryOut(command, context, (await load()).define(command));
  }
  return program;
}

/** Help and version end well; everything else that the parser refuses is bad usage. */
function endedByCommander(error: CommanderError, argv: readonly string[], terminal: Terminal): number {
  if (error.exitCode === 0) return EXIT_DONE;
  const help = Object.keys(COMMANDS).includes(argv[0]!) ? `flexvar ${argv[0]} --help` : "flexvar --help";
  // `help NAME` of no command comes without words.
  const message = (error.code === "commander.help" ? `unknown command '${argv[1]}'` : error.message)
    .replace(/^error: /, "")
    .split("\n")
    .map((line) => line.trim())
    .join(" ")
    .trim()
    .replace(/\.$/, "");
  terminal.err(`flexvar: ${message}; see ${help}\n`);
  return EXIT_USAGE;
}

/** The first Ctrl-C asks the command to stop; a second ends the process at once. */
export function stopOnSignals(stop: AbortController): void {
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      // Libraries that listen too (signal-exit) would end the process now, where they find themselves alone.
      process.removeAllListeners(name);
      stop.abort(new Stopped(name));
    });
  }
}
