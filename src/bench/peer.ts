import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { ExpectedError } from "../errors/index.ts";

/** The PyTorch peer (bench/peer): libraries in use, and one run at a time. */
export interface Peer {
  readonly libraries: Readonly<Record<string, unknown>>;
  /** Seconds of one run of a workload. */
  run(what: string): Promise<number>;
  close(): void;
}

/** Starts the peer. Throws where Python or PyTorch is missing, saying which package has it. */
export async function startPeer(script: string, python: string, args: readonly string[]): Promise<Peer> {
  const child: ChildProcessWithoutNullStreams = spawn(python, [script, "--interactive", ...args]);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-2000);
  });
  const lines: Interface = createInterface({ input: child.stdout });
  const queue = lines[Symbol.asyncIterator]();
  child.on("error", (error) => {
    errors = error.message;
    lines.close();
  });
  child.on("close", () => lines.close());
  child.stdin.on("error", () => {});
  const next = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await queue.next();
    if (done)
      throw new ExpectedError(
        `peer: expected an answer from ${python}, got its end: ${errors.trim().split("\n").at(-1) ?? ""}`,
      );
    const answer = JSON.parse(value as string) as Record<string, unknown>;
    if (answer.error !== undefined) throw new Error(`peer: ${String(answer.error)}`);
    return answer;
  };
  const libraries = await next();
  return {
    libraries,
    async run(what) {
      child.stdin.write(`run ${what}\n`);
      const { seconds } = await next();
      if (typeof seconds !== "number")
        throw new ExpectedError(`peer: expected seconds for ${what}, got ${String(seconds)}`);
      return seconds;
    },
    close() {
      child.stdin.end("quit\n");
      lines.close();
      child.kill();
    },
  };
}
