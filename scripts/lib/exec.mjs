// Child processes of the scripts.
import { spawn } from "node:child_process";
import { root } from "./paths.mjs";

/**
 * Runs a command in the project root; resolves to its exit code (1 when a signal ended it) and its output, which is
 * empty unless `quiet` is set: then it is kept instead of shown.
 */
export function exec(command, args, { quiet = false, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
      shell: process.platform === "win32" && command === "npm",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Runs a JavaScript file with this Node, its output shown; resolves to its exit code. */
export async function execNode(file, args) {
  return (await exec(process.execPath, [file, ...args])).code;
}
