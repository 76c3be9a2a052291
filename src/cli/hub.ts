/** Models of the hub as commands pull them: asked for on a terminal, with a bar, refused elsewhere unless `--yes` says otherwise. */
import { createInterface } from "node:readline/promises";
import { sizeText } from "../files/index.ts";
import { type DownloadPlan, ensureModel, type HubProgress, hubPlaces, type ModelOptions } from "../hub/node.ts";
import type { HubFlags, Running } from "./command.ts";
import { UsageError } from "./errors.ts";
import type { Reporter } from "./reporter.ts";

/** Where models of the hub are kept and how they are asked for. */
export function hubOptions({ yes = false, offline }: HubFlags, { report, signal }: Running): ModelOptions {
  return {
    ...hubPlaces(offline),
    signal,
    onMessage: (message) => report.log(message),
    onProgress: progressOf(report),
    confirm: (plan) => (yes ? Promise.resolve() : confirm(plan, report, signal)),
  };
}

/** The folder of a model of the hub, which is downloaded first where it is not here. */
export const hubModel = (name: string, flags: HubFlags, running: Running): Promise<string> =>
  ensureModel(name, hubOptions(flags, running));

/** Says yes to a download on a terminal. @throws UsageError for no, and wherever nobody can be asked */
async function confirm(plan: DownloadPlan, report: Reporter, signal: AbortSignal): Promise<void> {
  const what = `${plan.name} is not here: ${sizeText(plan.bytes)} from ${plan.repos.join(", ")} (licence: ${plan.licences.join(", ")})`;
  const instead = `flexvar pull ${plan.name} downloads it, and so does --yes`;
  if (!report.draws || !process.stdin.isTTY)
    throw new UsageError(`--model: expected a model that is here, got one to download first; ${what}; ${instead}`);
  report.log(what);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await asking.question("Download it now? [y/N] ", { signal });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    asking.close();
  }
  throw new UsageError(`--model: expected yes to the download, got no; ${instead}`);
}

/** A bar with sizes and the pace of the last seconds. */
function progressOf(report: Reporter): (progress: HubProgress) => void {
  const WINDOW_MS = 5000;
  let file = "";
  let seen: { readonly at: number; readonly loaded: number }[] = [];
  return (progress) => {
    const at = performance.now();
    if (progress.file !== file) seen = [];
    file = progress.file;
    seen = [...seen.filter((one) => at - one.at < WINDOW_MS), { at, loaded: progress.loaded }];
    const [first] = seen;
    const pace = (progress.loaded - first!.loaded) / Math.max(at - first!.at, 1);
    const left = pace > 0 ? (progress.total - progress.loaded) / pace : undefined;
    const rate = pace > 0 ? `, ${sizeText(pace * 1000)}/s` : "";
    const note = `${file}: ${sizeText(progress.loaded)} of ${sizeText(progress.total)}${rate}`;
    report.progress(progress.loaded, Math.max(progress.total, 1), note, left);
  };
}
