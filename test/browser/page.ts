/** The script of the test page: greedy runs by the package's browser entry, asked for by the test. */
import { FlexVAR } from "flexvar/web";
import { type GreedyResult, type GreedyRun, runGreedy } from "../support/greedy-run.ts";

export interface PageRequest {
  readonly device: "wasm" | "webgpu";
  readonly threads?: number;
  /** What is opened; "model" by default, the site's own. */
  readonly model?: string;
  readonly hubEndpoint?: string;
  readonly runs: readonly GreedyRun[];
}

export interface PageAnswer {
  readonly isolated: boolean;
  /** The pipeline's own words on what computed. */
  readonly device: string;
  readonly results: readonly GreedyResult[];
  /** Last progress of every downloaded file. */
  readonly downloads: Readonly<Record<string, { readonly loaded: number; readonly total: number | undefined }>>;
  /** Milliseconds to download and open the model, and of each run. */
  readonly openMs: number;
  readonly runMs: readonly number[];
}

/** What the page offers the test. */
export interface PageScope {
  answer(request: PageRequest): Promise<PageAnswer>;
}

async function answer({ device, threads, runs, model = "model", hubEndpoint }: PageRequest): Promise<PageAnswer> {
  const downloads: Record<string, { loaded: number; total: number | undefined }> = {};
  const begin = performance.now();
  const pipe = await FlexVAR.fromPretrained(model, {
    device,
    hubEndpoint,
    wasmPaths: "ort/",
    ...(threads === undefined ? {} : { threads }),
    onProgress({ file, loaded = 0, total }) {
      if (file !== undefined) downloads[file] = { loaded, total };
    },
  });
  const openMs = performance.now() - begin;
  const results: GreedyResult[] = [];
  const runMs: number[] = [];
  for (const run of runs) {
    const start = performance.now();
    results.push(await runGreedy(pipe, run));
    runMs.push(performance.now() - start);
  }
  const answered = { isolated: crossOriginIsolated, device: pipe.device, results, downloads, openMs, runMs };
  await pipe.dispose();
  return answered;
}

Object.assign(globalThis, { answer } satisfies PageScope);
