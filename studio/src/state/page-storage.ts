/** Small texts that the browser keeps for the page: those of this tab, and those of every tab. A browser may refuse both. */
import { keepsAnything } from "./place.ts";

type Kind = "tab" | "browser";

function storage(kind: Kind): Storage {
  if (!keepsAnything()) throw new Error("storage: expected a studio that keeps something");
  return kind === "tab" ? sessionStorage : localStorage;
}

/** What is kept under a name; undefined where nothing is, or where the browser keeps nothing. */
export function keptText(kind: Kind, name: string): string | undefined {
  try {
    return storage(kind).getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text, or forgets it where it is undefined. Returns whether the browser let it. */
export function keepText(kind: Kind, name: string, text: string | undefined): boolean {
  try {
    if (text === undefined) storage(kind).removeItem(name);
    else storage(kind).setItem(name, text);
    return true;
  } catch {
    return false;
  }
}
