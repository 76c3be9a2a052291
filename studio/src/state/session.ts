/** Where a tab was: its form, its drawing and its document, kept so that it can be opened again as it was left. */
import { listen, otherTabs, tell } from "./channel.ts";
import { openDatabase } from "./database.ts";
import { newId } from "./ids.ts";
import { keepText, keptText } from "./page-storage.ts";
import { type Form, get, type Run, type StudioState, useStudio, type View } from "./store.ts";

export interface Session {
  readonly tab: string;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  /** The model that the form is for, as pictures name it. */
  readonly model: string | undefined;
  readonly view: View;
  readonly form: Form | undefined;
  readonly run: Run | undefined;
  readonly picked: number;
  readonly scale: number | undefined;
  readonly documentId: string | undefined;
}

const KEY = "flexvar-tab";
/** A change is kept after this long, together with those that follow it meanwhile. */
const DELAY_MS = 300;
/** Tabs that are remembered. */
const MOST = 12;

const nothing = { model: undefined, form: undefined, run: undefined, picked: 0, scale: undefined };

let tab = "";
let before: Session | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

/** What was left last: by this tab, else by one that is not open any more. Undefined where nothing is kept. */
export function lastSession(): Promise<Session | undefined> {
  left ??= findLast();
  return left;
}

let left: Promise<Session | undefined> | undefined;

async function findLast(): Promise<Session | undefined> {
  const own = keptText("tab", KEY);
  tab = own ?? newId();
  listen((message) => message.kind === "who" && tell({ kind: "here", tab }));
  try {
    const db = await openDatabase();
    const sessions = (await db.getAll("sessions")).sort((a, b) => b.changedAt - a.changedAt);
    for (const old of sessions.splice(MOST)) await db.delete("sessions", old.tab);
    if (sessions.length === 0) return undefined;
    const open = await otherTabs();
    // A tab that was made by doubling another one has its name too.
    if (open.has(tab)) tab = newId();
    const free = sessions.filter((one) => !open.has(one.tab));
    const taken = free.find((one) => one.tab === own) ?? free[0];
    // It is this tab's now, and no other one's to take.
    if (taken !== undefined && taken.tab !== tab) await db.delete("sessions", taken.tab);
    return taken;
  } catch {
    return undefined;
  } finally {
    keepText("tab", KEY, tab);
  }
}

const KEPT = ["view", "form", "run", "picked", "scale", "documentId"] as const satisfies readonly (keyof StudioState)[];

/** Begins to remember where this tab is. What cannot be remembered is forgotten: nothing that was made is lost with it. */
export async function followSession(): Promise<void> {
  before = await lastSession();
  useStudio.subscribe((state, was) => {
    if (KEPT.every((key) => state[key] === was[key])) return;
    timer ??= setTimeout(() => void remember(), DELAY_MS);
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && void remember());
}

async function remember(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const { info, view, form, run, picked, scale, documentId } = get();
  const now = { tab, changedAt: Date.now(), view, documentId };
  // Until the model is known nothing is drawn, and the form is none yet.
  const made = info === undefined ? (before ?? nothing) : { model: info.name, form, run, picked, scale };
  const session: Session = { ...made, ...now };
  try {
    await (await openDatabase()).put("sessions", session);
  } catch {
    // Without storage a tab begins anew.
  }
}

/** A session's drawing as it can be shown again: one that was under way stands where it was. */
export const restedRun = (run: Run | undefined): Run | undefined =>
  run?.status === "drawing" ? { ...run, status: "stopped", waiting: undefined } : run;
