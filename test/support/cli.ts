import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./imports.ts";

const cliFile = join(projectRoot, "dist", "cli", "main.js");

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Compiles the command line where the sources changed since the last build. */
export async function buildCli(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(projectRoot, "scripts", "build.mjs"), "--if-needed"]);
}

/** Runs `flexvar` in a folder. `whileRunning` gets the process and what it has said on stderr so far. */
export function flexvar(
  cwd: string,
  args: readonly string[],
  whileRunning?: (child: { kill(signal: NodeJS.Signals): void }, stderr: string) => void,
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cliFile, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      whileRunning?.(child, stderr);
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}
