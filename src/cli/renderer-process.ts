/**
 * The process that owns the model: ONNX Runtime's `run` holds its thread until it is done, and the server's must stay free; what a large
 * picture took goes back to the system; and an end within native code ends no more than the jobs at work.
 */
import { fork } from "node:child_process";
import type { RendererEnd } from "../server/index.ts";

/**
 * glibc raises the size from which memory is taken from the system piece by piece as pieces are given back, up to 32 MiB, and keeps
 * smaller ones: after a large picture a process stays several hundred MB larger. Fixed (mallopt(3)), it gives back what a run took.
 * Read at a process's start only; other C libraries ignore it.
 */
const GIVES_BACK = { MALLOC_MMAP_THRESHOLD_: String(4 * 2 ** 20), MALLOC_TRIM_THRESHOLD_: String(32 * 2 ** 20) };

/** Starts a process with a renderer's file; `data` is the first message that it gets. */
export function rendererProcess(file: string, data: object): RendererEnd {
  const child = fork(file, [], {
    serialization: "advanced",
    env: { ...GIVES_BACK, ...process.env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const send = (message: object): void => {
    // A process that has ended says so by its exit.
    if (child.connected) child.send(message, () => {});
  };
  send(data);
  return {
    on: (event: string, listener: (value: never) => void) =>
      child.on(event, (value: unknown) => listener(value as never)),
    postMessage: send,
    terminate: () =>
      new Promise((done) => {
        if (child.exitCode !== null || child.signalCode !== null) return done(undefined);
        child.once("exit", done);
        child.kill("SIGKILL");
      }),
  };
}
