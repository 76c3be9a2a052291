/** The command line in a process of its own, built apart from `dist`, so that a test can kill it. */
import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { bundle } from "../../scripts/lib/bundle.mjs";
import { bundleStudio } from "../../scripts/lib/studio.mjs";
import { projectRoot, sourceRoot } from "../support/imports.ts";
import { writeFewClasses } from "./few-classes.ts";

export interface Package {
  /** A model folder of a few classes. */
  readonly model: string;
  /** Starts `flexvar serve` and resolves once it listens. */
  serve(args: readonly string[]): Promise<RunningServer>;
  remove(): Promise<void>;
}

export interface RunningServer {
  readonly url: string;
  readonly process: ChildProcess;
  /** Ends it as the kernel does, and resolves once it is gone. */
  kill(): Promise<void>;
}

/** A built package beside the project's own: its command line, the model's thread and the studio. */
export async function buildPackage(): Promise<Package> {
  const cache = join(projectRoot, ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "package-"));
  const dist = join(folder, "dist");
  const entries = {
    "cli/main": join(sourceRoot, "cli", "main.ts"),
    "workers/renderer.worker": join(sourceRoot, "cli", "renderer.worker.ts"),
  };
  await copyFile(join(projectRoot, "package.json"), join(folder, "package.json"));
  await symlink(join(projectRoot, "models"), join(folder, "models"));
  await bundle({ node: entries, web: {} }, dist);
  await bundleStudio(join(dist, "studio"));
  const model = join(folder, "few");
  await writeFewClasses(model, join(dist, "studio"));
  return {
    model,
    serve: (args) => startServer(join(dist, "cli", "main.js"), ["serve", ...args]),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Starts a built command line that serves, and resolves once it listens. @param args the command and its flags. */
export function startServer(file: string, args: readonly string[]): Promise<RunningServer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "ignore", "pipe"] });
    const gone = new Promise<void>((done) => child.once("close", () => done()));
    const kill = async (): Promise<void> => {
      child.kill("SIGKILL");
      await gone;
    };
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url !== undefined) resolve({ url, process: child, kill });
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`serve: expected it to listen, got its end (${code}): ${said}`)));
  });
}
