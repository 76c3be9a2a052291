/** Drawing by the settings of a picture: only by the model that drew it, unless whoever asks is told and wants it otherwise. */
import type { SettingsRecord } from "flexvar/web";
import type { DrawRequest, ModelInfo } from "../backend/types.ts";
import { draw, newSeed } from "./actions.ts";
import type { KeptDrawing } from "./library.ts";
import { nearestSteps, snapped } from "./plan.ts";
import { get, say, set, setForm } from "./store.ts";

/** Settings of a picture, and the model that they are for. */
export interface Recipe {
  readonly request: DrawRequest;
  /** The class's name. */
  readonly label: string;
  /** The model's name, where it is known. */
  readonly model?: string | undefined;
  readonly settings: SettingsRecord | undefined;
}

/** Whether a picture was drawn by a model. What its settings say goes before a name. */
export function isOf({ settings, model }: Pick<Recipe, "settings" | "model">, info: Pick<ModelInfo, "name" | "hash">) {
  const hash = settings?.model;
  return typeof hash === "string" ? hash === info.hash : model === info.name;
}

/** Goes on with a recipe of the model that is open; of another one it asks first. Returns whether it may go on. */
function fits(recipe: Recipe): boolean {
  const { info } = get();
  if (info === undefined) return false;
  // A file or a link may say anything of its class.
  if (isOf(recipe, info) && info.labels[recipe.request.classId] === recipe.label) return true;
  set({ otherModel: recipe, dialog: "other-model", looking: undefined });
  return false;
}

/** Draws a kept picture again, exactly. */
export async function repeat(picture: KeptDrawing): Promise<void> {
  if (!fits(picture)) return;
  fillForm(picture.request, false);
  await draw(picture.request);
}

/** Draws the same order with another seed, or from another number of pictures. */
export async function vary(picture: KeptDrawing, count = get().form.count): Promise<void> {
  if (!fits(picture)) return;
  const seed = newSeed();
  fillForm({ ...picture.request, seed, count }, true);
  await draw({ ...picture.request, seed, count, firstIndex: 0 });
}

/** Brings a picture's settings into the form, without drawing. Returns whether they are there. */
export function takeSettings(recipe: Recipe): boolean {
  if (!fits(recipe)) return false;
  bring(recipe.request);
  say("Its settings are in the form.");
  return true;
}

function bring(request: DrawRequest): void {
  fillForm(request, false);
  set({ view: "create", looking: undefined });
}

/**
 * A recipe of another model, as far as this one can follow it: the class of the same name, whole tokens, possible steps.
 * @returns undefined where it has no such class.
 */
export function fitted({ request, label }: Recipe, info: ModelInfo): DrawRequest | undefined {
  const classId = info.labels.indexOf(label);
  if (classId < 0) return undefined;
  const { style, seed, guidance, count } = request;
  const shape = { width: snapped(info, request.width), height: snapped(info, request.height) };
  const steps = nearestSteps(info, shape, request.steps);
  const own = style !== undefined && info.styles.includes(style) ? style : undefined;
  return { classId, ...shape, steps, guidance, seed, count, firstIndex: 0, style: own };
}

/** Brings what this model can follow into the form. */
export function takeFitted(request: DrawRequest): void {
  bring(request);
  say("The settings are in the form, as far as this model can follow them.");
}

/** Shows a request in the form, which has only sides and steps that the model can draw: a file or a link may say any. */
function fillForm(request: DrawRequest, freshSeed: boolean): void {
  const { info } = get();
  if (info === undefined) return;
  const { classId, guidance, seed, count, style, more = {} } = request;
  const shape = { width: snapped(info, request.width), height: snapped(info, request.height) };
  const steps = nearestSteps(info, shape, request.steps);
  setForm({ classId, ...shape, steps, guidance, seed, count, style, more, freshSeed });
}
