/** `flexvar bench --server`: a server in a process of its own under many clients, beside the model alone. */

import { spawn } from "node:child_process";
import { basename, resolve } from "node:path";
import { ExpectedError } from "../errors/index.ts";
import type { Outcome, Running } from "./command.ts";
import { findModel } from "./model.ts";
import { snakeCased } from "./names.ts";

export interface ServerBenchFlags {
  readonly model?: string;
  readonly clients?: number;
  readonly seconds?: number;
  readonly threads?: number;
  readonly runs?: number;
}

/** Shares of the requests in the second part whose clients leave, and that stream every scale. */
const LEAVING = 0.2;
const STREAMING = 0.3;
/** Pictures that one client asks for alone. */
const PICTURES = 9;
/** Pictures of the job that is cancelled: more than one batch. */
const CANCELLED = 32;

export async function benchServer(flags: ServerBenchFlags, { report, signal }: Running): Promise<Outcome> {
  const { clients = 200, seconds = 60, threads, runs = 3 } = flags;
  const folder = findModel(flags.model);
  const { batchRates, loadServer, serverReport, serverTable, timeCancel, timeFirst } = await import(
    "../bench/index.ts"
  );
  const { createClient } = await import("../client/index.ts");
  const { FlexVAR } = await import("../open.ts");
  report.log("drawing without a server");
  const pipe = await FlexVAR.fromPretrained(folder, threads === undefined ? {} : { threads });
  const classes = pipe.config.transformer?.numClasses ?? 1;
  const alone = await batchRates(pipe, { classLabels: [0] }, runs, signal);
  await pipe.dispose();
  report.log("starting the server");
  const server = await startServer(folder, threads);
  try {
    const { url } = server;
    const load = { url, clients, fields: {}, classes, signal };
    const client = createClient({ baseUrl: url });
    await client.generate({ class_labels: [0] });
    const first = await timeFirst(client, { class_labels: [0] }, PICTURES);
    const cancel = await timeCancel(client, { class_labels: [0], seed: 1 }, CANCELLED);
    report.log(`${clients} clients for ${seconds} s`);
    const full = await loadServer({ ...load, seconds });
    report.log("the same with some that leave and some that stream");
    const mixed = await loadServer({ ...load, seconds: seconds / 2, leaving: LEAVING, streaming: STREAMING, seed: 2 });
    const result = serverReport({ model: basename(resolve(folder)), clients, alone, first, full, mixed, cancel });
    return { json: snakeCased(result) as Outcome["json"], text: serverTable(result) };
  } finally {
    server.close();
  }
}

/** This command line's own `serve` on a free port. */
function startServer(model: string, threads: number | undefined): Promise<{ url: string; close(): void }> {
  const args = [
    "serve",
    "--port",
    "0",
    "--model",
    model,
    ...(threads === undefined ? [] : ["--threads", `${threads}`]),
  ];
  const program = [...process.execArgv, process.argv[1]!];
  const child = spawn(process.execPath, [...program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  return new Promise((started, failed) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url !== undefined) started({ url, close: () => void child.kill("SIGKILL") });
    });
    child.once("error", failed);
    child.once("exit", (code) =>
      failed(new ExpectedError(`serve: expected it to listen, got its end (${code}): ${said}`)),
    );
  });
}
