/** What the studio's tabs tell each other. */
import { keepsAnything } from "./place.ts";

type Message =
  /** Pictures of the gallery that were kept, changed or deleted. */
  | { readonly kind: "pictures"; readonly ids: readonly string[] }
  | { readonly kind: "documents" }
  /** Asks which tabs are open; they answer `here`. */
  | { readonly kind: "who" }
  | { readonly kind: "here"; readonly tab: string };

let opened: BroadcastChannel | undefined;

function channel(): BroadcastChannel | undefined {
  if ("BroadcastChannel" in globalThis && keepsAnything()) opened ??= new BroadcastChannel("flexvar-studio");
  return opened;
}

export function tell(message: Message): void {
  channel()?.postMessage(message);
}

/** Hears what other tabs tell. The returned function ends it. */
export function listen(hear: (message: Message) => void): () => void {
  const take = ({ data }: MessageEvent<Message>): void => hear(data);
  channel()?.addEventListener("message", take);
  return () => channel()?.removeEventListener("message", take);
}

/** How long other tabs have to say that they are open. */
const ANSWER_MS = 150;

/** The tabs that are open beside this one. */
export async function otherTabs(): Promise<ReadonlySet<string>> {
  const tabs = new Set<string>();
  const end = listen((message) => void (message.kind === "here" && tabs.add(message.tab)));
  tell({ kind: "who" });
  await new Promise((done) => setTimeout(done, ANSWER_MS));
  end();
  return tabs;
}
