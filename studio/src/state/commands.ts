/** One record for everything that has a key: shown in the list of keys, listened for in one place. */
import { drawForm, stop } from "./actions.ts";
import { focused, keyTarget, partOf } from "./place.ts";
import { get, set, VIEWS } from "./store.ts";

export interface Command {
  readonly label: string;
  /** As shown, each key in its own cap. */
  readonly keys: readonly string[];
  matches(event: KeyboardEvent): boolean;
  enabled(): boolean;
  perform(): void | Promise<void>;
}

const held = (event: KeyboardEvent): boolean => (event.ctrlKey || event.metaKey) && !event.altKey;

/** A command of Alt, Shift and a letter, in every view. */
const everywhere = (label: string, letter: string, perform: () => void): Command => ({
  label,
  keys: ["Alt", "Shift", letter],
  matches: (event) =>
    event.altKey && event.shiftKey && !event.ctrlKey && !event.metaKey && event.code === `Key${letter}`,
  enabled: () => true,
  perform,
});

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The key that shortcuts are held with. */
export const CONTROL = isApple ? "⌘" : "Ctrl";

/** Fields that undo their own typing. */
const TYPED_IN = "textarea, input:is([type=text], [type=search], [type=number], [type=password], :not([type]))";

const isTyping = (): boolean => focused()?.matches(TYPED_IN) ?? false;

const isEditing = (): boolean => get().view === "edit" && get().dialog === undefined;

/** Loaded with the editor, when it is first needed. */
const history = () => import("../editor/history.ts");
const viewport = () => import("../editor/viewport.ts");

/** A command of one key without others held, for what lies on the editor's canvas. Lists choose by letters themselves. */
const onCanvas = (label: string, shown: string, typed: readonly string[], perform: () => Promise<void>): Command => ({
  label: `${label}, in the editor`,
  keys: [shown],
  matches: (event) => !event.ctrlKey && !event.metaKey && !event.altKey && typed.includes(event.key),
  enabled: () => isEditing() && !isTyping() && !(focused() instanceof HTMLSelectElement),
  perform,
});

/** Some keyboards have the brackets behind other keys. */
const bracket = (label: string, key: "[" | "]", by: 1 | -1): Command => ({
  ...onCanvas(label, key, [key], async () => (await import("../editor/editor-store.ts")).resizeBrush(by)),
  matches: (event) => event.key === key,
});

export const editorCommands: readonly Command[] = [
  {
    label: "Repaint, in the editor",
    keys: [CONTROL, "Enter"],
    matches: (event) => held(event) && event.key === "Enter",
    enabled: isEditing,
    perform: async () => (await import("../editor/edits.ts")).repaintByKey(),
  },
  {
    label: "Undo, in the editor",
    keys: [CONTROL, "Z"],
    matches: (event) => held(event) && !event.shiftKey && event.key.toLowerCase() === "z",
    enabled: () => isEditing() && !isTyping(),
    perform: async () => (await history()).undo(),
  },
  {
    label: "Redo, in the editor",
    keys: [CONTROL, "Shift", "Z"],
    matches: (event) => held(event) && (event.shiftKey ? event.key.toLowerCase() === "z" : event.key === "y"),
    enabled: () => isEditing() && !isTyping(),
    perform: async () => (await history()).redo(),
  },
  onCanvas("Zoom in", "+", ["+", "="], async () => {
    const { zoomBy, ZOOM_STEP } = await viewport();
    zoomBy(ZOOM_STEP);
  }),
  onCanvas("Zoom out", "−", ["-", "_"], async () => {
    const { zoomBy, ZOOM_STEP } = await viewport();
    zoomBy(1 / ZOOM_STEP);
  }),
  onCanvas("The whole picture", "0", ["0"], async () => (await viewport()).fit()),
  onCanvas("One pixel as one of the screen", "1", ["1"], async () => (await viewport()).oneToOne()),
  bracket("A smaller brush", "[", -1),
  bracket("A larger brush", "]", 1),
  {
    label: "Stop painting, in the editor",
    keys: ["Esc"],
    matches: (event) => event.key === "Escape",
    enabled: isEditing,
    perform: async () => {
      if (!(await import("../editor/edits.ts")).stopByKey()) stop();
    },
  },
];

export const commands: readonly Command[] = [
  {
    label: "Draw",
    keys: [CONTROL, "Enter"],
    matches: (event) => held(event) && event.key === "Enter",
    enabled: () => get().info !== undefined && get().view === "create",
    perform: () => void drawForm(),
  },
  ...editorCommands,
  {
    label: "Stop drawing",
    keys: ["Esc"],
    matches: (event) => event.key === "Escape",
    enabled: () => get().run?.status === "drawing" && get().dialog === undefined && get().looking === undefined,
    perform: stop,
  },
  ...VIEWS.map(({ view, label }) => everywhere(`Go to ${label}`, label[0]!, () => set({ view }))),
  everywhere("Search classes or pictures", "F", () => partOf('input[type="search"]')?.focus()),
  everywhere("Show the keys", "K", () => set({ dialog: "keys" })),
];

/** Listens for the keys of commands. */
export function listenForKeys(own = commands): void {
  keyTarget().addEventListener("keydown", (event) => {
    const command = own.find((one) => one.matches(event) && one.enabled());
    if (command === undefined) return;
    event.preventDefault();
    void command.perform();
  });
}
