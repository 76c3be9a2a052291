/** What the studio does: opening the model, drawing, repeating, varying, keeping and forgetting. */
import { TokenError } from "../backend/token.ts";
import type { DrawRequest } from "../backend/types.ts";
import { addPictures, loadGallery } from "./gallery.ts";
import { newId } from "./ids.ts";
import type { KeptDrawing } from "./library.ts";
import { nearestSteps, trainedPx } from "./plan.ts";
import { lastSession, restedRun } from "./session.ts";
import { get, type Run, say, set, setForm } from "./store.ts";

/** Seeds of six digits are easy to tell and to type again. */
const SEEDS = 1_000_000;

export const newSeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! % SEEDS;

export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Reads the model's description and the gallery. */
export async function begin(): Promise<void> {
  const { backend } = get();
  if (backend === undefined) return;
  set({ broken: undefined });
  const reading = loadGallery();
  try {
    await refreshModel();
    if (get().info?.downloaded) void openModel();
  } catch (error) {
    if (error instanceof TokenError) closeDoor(error);
    else set({ broken: words(error) });
  }
  await reading;
}

/** Goes on where a tab was left. */
async function goOn(): Promise<void> {
  const left = await lastSession();
  if (left === undefined) return;
  const { model, view, form, run, picked, scale } = left;
  // An address that names a view goes before.
  const start = location.hash === "" ? { view } : {};
  set({ ...start, documentId: get().documentId ?? left.documentId });
  // What is meant for another model is not this one's form.
  if (form !== undefined && get().info?.name === model) set({ form, run: restedRun(run), picked, scale });
}

/** Shows that the server asks for a token, or for another one. */
function closeDoor(error: TokenError): void {
  set({ model: { status: "failed", message: error.message, needsToken: true } });
}

/** Gives the server a token, and goes on where it was missing. */
export async function enter(token: string): Promise<void> {
  const { backend, info } = get();
  backend?.giveToken?.(token);
  await (info === undefined ? begin() : openModel());
}

/** Reads the model's description; where it is another model than before, the form starts from its defaults. */
export async function refreshModel(): Promise<void> {
  const { backend, info: known } = get();
  if (backend === undefined) return;
  const info = await backend.describe();
  set({ info });
  if (known?.name === info.name && known.labels.length === info.labels.length) return;
  const side = trainedPx(info);
  setForm({
    classId: 0,
    width: side,
    height: side,
    steps: nearestSteps(info, { width: side, height: side }, info.defaults.steps),
    guidance: info.defaults.guidance,
    style: undefined,
    more: {},
  });
  if (known === undefined) await goOn();
}

/** The opening under way; what an earlier one comes to is not shown. */
let lastOpening = 0;

/** Makes the model ready. Returns whether it is. */
export async function openModel(): Promise<boolean> {
  const { backend, device, info, model } = get();
  if (backend === undefined) return false;
  const own = ++lastOpening;
  if (model.status !== "ready") set({ model: { status: "opening", progress: undefined } });
  try {
    const computes = await backend.open({
      device,
      onProgress: (progress) => set({ model: { status: "opening", progress } }),
    });
    set({ model: { status: "ready", computes }, ...(info && { info: { ...info, downloaded: true } }) });
    return true;
  } catch (error) {
    const failed = { status: "failed", message: words(error), needsToken: error instanceof TokenError } as const;
    if (own === lastOpening) set({ model: failed });
    return false;
  }
}

/** Makes the model ready. @throws Error in words. */
export async function needModel(): Promise<void> {
  if (await openModel()) return;
  const { model } = get();
  throw new Error(model.status === "failed" ? model.message : "The model is not ready");
}

/** Gives the model's memory back. */
export function releaseModel(): void {
  stop();
  lastOpening++;
  get().backend?.release();
  set({ model: { status: "idle" } });
  say("The model's memory is free again. The next drawing opens it anew.");
}

let stopper: AbortController | undefined;
let lastRun = Date.now();

/** Draws what the form says. */
export function drawForm(): Promise<void> {
  const { form } = get();
  if (form.freshSeed) setForm({ seed: newSeed() });
  const { classId, width, height, steps, guidance, seed, count, style, more } = get().form;
  return draw({ classId, width, height, steps, guidance, seed, count, firstIndex: 0, style, more });
}

/** Draws a request; a drawing under way is stopped first. */
export async function draw(request: DrawRequest): Promise<void> {
  const { backend, info } = get();
  if (backend === undefined || info === undefined) return;
  stop();
  const own = new AbortController();
  stopper = own;
  const clicked = performance.now();
  const id = ++lastRun;
  const run: Run = {
    id,
    request,
    label: info.labels[request.classId] ?? `class ${request.classId}`,
    grids: [],
    frames: Array.from({ length: request.count }, () => []),
    settings: [],
    kept: [],
    status: "drawing",
  };
  set({ run, picked: 0, scale: undefined, view: "create", looking: undefined });
  const update = (change: Partial<Run>): void => {
    set(({ run: now }) => (now?.id === id ? { run: { ...now, ...change } } : {}));
  };
  try {
    await needModel();
    for await (const event of backend.draw(request, own.signal)) {
      const now = get().run;
      if (now?.id !== id) return;
      if (event.kind === "plan") update({ grids: event.grids });
      else if (event.kind === "waiting") update({ waiting: event.position });
      else {
        const frames = now.frames.map((one, number) => {
          const found = event.pictures.find((picture) => picture.number === number);
          return found === undefined ? one : [...one, found.image];
        });
        update({
          frames,
          waiting: undefined,
          ...(now.firstMs === undefined && { firstMs: performance.now() - clicked }),
        });
        if (event.isLast) {
          const settings = [...get().run!.settings];
          for (const picture of event.pictures) settings[picture.number] = picture.settings;
          update({ settings });
          await keep(
            id,
            event.pictures.map(({ number }) => number),
          );
        }
      }
    }
    update({ status: own.signal.aborted ? "stopped" : "done", totalMs: performance.now() - clicked });
  } catch (error) {
    update({ status: "failed", message: words(error) });
  }
}

/** Stops the drawing under way; what is finished stays. */
export function stop(): void {
  stopper?.abort();
  stopper = undefined;
  set(({ run }) => (run?.status === "drawing" ? { run: { ...run, status: "stopped" } } : {}));
}

async function keep(id: number, numbers: readonly number[]): Promise<void> {
  const { run, info } = get();
  if (run?.id !== id || info === undefined) return;
  const kept = [...run.kept];
  const added: KeptDrawing[] = [];
  for (const number of numbers) {
    const frames = run.frames[number]!;
    const picture: KeptDrawing = {
      id: newId(),
      createdAt: Date.now() + number,
      label: run.label,
      model: info.name,
      task: "draw",
      request: { ...run.request, count: 1, firstIndex: run.request.firstIndex + number },
      settings: run.settings[number],
      grids: run.grids,
      image: frames.at(-1)!,
      frames,
    };
    kept[number] = picture.id;
    added.unshift(picture);
  }
  set(({ run: now }) => (now?.id === id ? { run: { ...now, kept } } : {}));
  await addPictures(added);
}
