/** What is said of a kept picture, term by term. */
import { type KeptPicture, MADE_BY, numberIn } from "../state/library.ts";
import { shownLabel } from "../state/store.ts";
import { sizeName } from "../ui/format.ts";

export function factsOf(picture: KeptPicture): [term: string, value: string][] {
  const { grids, request, settings, label, model, createdAt, task } = picture;
  const guidance = numberIn(settings, "guidance_scale") ?? request.guidance;
  const time = new Date(createdAt).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const facts: [string, string | undefined][] = [
    ["Class", shownLabel(label)],
    ["Size", `${sizeName(request)} px`],
    ["Made by", MADE_BY[task]],
    ["Scales", grids.length > 0 ? `${grids.length}` : undefined],
    ["Guidance", guidance === undefined ? undefined : `${guidance}`],
    ["Style", typeof settings?.style === "string" ? shownLabel(settings.style) : undefined],
    ["Seed", `${request.seed}`],
    ["Number", `${request.firstIndex + 1} of its seed`],
    ["Model", model],
    ["Drawn", time],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}
