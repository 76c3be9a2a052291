/** Carries out documented command lines in a folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** The program and arguments of a documented line: `npx flexvar` is the built command line. */
function programOf(words: readonly string[], folder: string): [string, string[]] {
  const [program = "", ...rest] = words[0] === "npx" ? words.slice(1) : words;
  if (program === "flexvar") return [process.execPath, [join(folder, "dist", "cli", "main.js"), ...rest]];
  return [program === "node" ? process.execPath : program, rest];
}

/** Runs a command to its end. */
export function carryOut(words: readonly string[], folder: string): Promise<Ended> {
  const child = start(words, folder, {});
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, said }));
  });
}

/** A command that answers until it is told to end. */
export interface Server {
  readonly url: string;
  /** Tells it to end by SIGTERM; a program that has no better answer to it than to be gone counts as ended well. */
  stop(): Promise<Ended>;
}

/** Starts a command that serves; resolves once it has said its address. */
export function startServing(
  words: readonly string[],
  folder: string,
  environment: NodeJS.ProcessEnv,
): Promise<Server> {
  const child = start(words, folder, environment);
  let said = "";
  const ended = new Promise<Ended>((done) =>
    child.once("close", (code, signal) => done({ code: signal === "SIGTERM" ? 0 : code, said })),
  );
  return new Promise((resolve, reject) => {
    const listen = (text: string): void => {
      said += text;
      const url = /http:\/\/[^\s"]+(?=[\s"])/.exec(said)?.[0];
      if (url === undefined) return;
      const stop = (): Promise<Ended> => {
        child.kill("SIGTERM");
        return ended;
      };
      resolve({ url: url.replace("0.0.0.0", "127.0.0.1"), stop });
    };
    child.stdout?.setEncoding("utf8").on("data", listen);
    child.stderr?.setEncoding("utf8").on("data", listen);
    child.once("error", reject);
    void ended.then(({ code }) =>
      reject(new Error(`${words.join(" ")}: expected an address, got its end (${code}): ${said}`)),
    );
  });
}

function start(words: readonly string[], cwd: string, environment: NodeJS.ProcessEnv): ChildProcess {
  const [program, args] = programOf(words, cwd);
  return spawn(program, args, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
}
