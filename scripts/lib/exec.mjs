// Child processes of the scripts.
import { spawn } from "node:child_process";
import { root } from "./paths.mjs";

/**
 * Runs a command in the project root; resolves to its exit code (128 + signal number is not kept: a signal gives 1).
 * With `quiet` its output is kept and returned instead of shown.
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

/** Runs a JavaScript file with this Node. */
export function execNode(file, args, options) {
  return exec(process.execPath, [file, ...args], options);
}
