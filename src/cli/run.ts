/** The command table, and a command line carried out. */
import { Command, CommanderError } from "commander";
import { version } from "../../package.json";
import type { Context } from "./command.ts";
import { describeError, EXIT_DONE, EXIT_USAGE, exitCodeOf, Stopped } from "./errors.ts";
import type { Terminal } from "./reporter.ts";

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Loads what defines the command: only those named on the command line are loaded. */
  load(): Promise<{ define(command: Command, context: Context): void }>;
}

const COMMANDS: readonly CommandEntry[] = [
  { name: "generate", summary: "draw pictures of classes", load: () => import("./generate.ts") },
  { name: "repeat", summary: "draw a picture again from the settings in its PNG", load: () => import("./repeat.ts") },
  { name: "inpaint", summary: "repaint the white part of a mask", load: () => import("./inpaint.ts") },
  { name: "outpaint", summary: "continue a picture beyond its edges", load: () => import("./outpaint.ts") },
  { name: "expand", summary: "widen or heighten the canvas around a picture", load: () => import("./expand.ts") },
  { name: "refine", summary: "a small picture at a higher resolution", load: () => import("./refine.ts") },
  { name: "score", summary: "how likely a picture is under a class", load: () => import("./score.ts") },
  { name: "encode", summary: "a picture to the tokens of every scale", load: () => import("./encode.ts") },
  { name: "decode", summary: "tokens back to pictures", load: () => import("./decode.ts") },
  { name: "classes", summary: "the classes of a model", load: () => import("./classes.ts") },
  { name: "info", summary: "what a model folder or a checkpoint holds", load: () => import("./info.ts") },
  { name: "import", summary: "make a model folder from released checkpoints", load: () => import("./import.ts") },
  { name: "export", summary: "write a model folder as .pth checkpoints", load: () => import("./export.ts") },
  { name: "train", summary: "train a tokenizer, a transformer or a judge", load: () => import("./train.ts") },
  { name: "sample", summary: "a class-balanced set of pictures, resumable", load: () => import("./sample.ts") },
  {
    name: "sweep",
    summary: "a set at every value of a sampling option, judged side by side",
    load: () => import("./sweep.ts"),
  },
  { name: "evaluate", summary: "how good pictures are: FID and the rest", load: () => import("./evaluate.ts") },
  { name: "judge", summary: "how often pictures look like the class asked for", load: () => import("./judge.ts") },
  {
    name: "neighbours",
    summary: "the training pictures nearest to drawn ones",
    load: () => import("./neighbours.ts"),
  },
  { name: "serve", summary: "the HTTP API", load: () => import("./serve.ts") },
  { name: "studio", summary: "the same, and the studio opened in a browser", load: () => import("./studio.ts") },
  { name: "site", summary: "the studio as a static site", load: () => import("./site.ts") },
  { name: "bench", summary: "speed and memory on this machine", load: () => import("./bench.ts") },
];

const EXAMPLES = `
Examples:
  $ flexvar generate --class animal-face --count 4 --grid
  $ flexvar classes
  $ flexvar generate --help

Models: --model takes a model folder or the name of a shipped model; without it the shipped one is used.`;

/** Carries a command line out. Returns the exit code: 0 done, 1 failed, 2 bad usage, 130 stopped. Never throws. */
export async function run(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number> {
  try {
    const program = await buildProgram(argv, { terminal, signal });
    await program.parseAsync(argv.length === 0 ? ["--help"] : argv, { from: "user" });
    return EXIT_DONE;
  } catch (error) {
    if (error instanceof CommanderError) return endedByCommander(error, argv, terminal);
    const failure = signal.aborted ? signal.reason : error;
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
  for (const { name, summary, load } of COMMANDS) {
    const command = program.command(name).summary(summary);
    if (argv.includes(name)) (await load()).define(command, context);
  }
  return program;
}

/** Help and version end well; everything else that the parser refuses is bad usage. */
function endedByCommander(error: CommanderError, argv: readonly string[], terminal: Terminal): number {
  if (error.exitCode === 0) return EXIT_DONE;
  const name = COMMANDS.find((entry) => entry.name === argv[0])?.name;
  const help = name === undefined ? "flexvar --help" : `flexvar ${name} --help`;
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
    process.once(name, () => stop.abort(new Stopped(name)));
  }
}
