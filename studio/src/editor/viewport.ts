/** How the editor's picture is looked at: never part of a document, of its history or of what is saved. */
import { create } from "zustand";
import { type Frame, fitView, heldView, moved, type Point, type Size, scaledAt, type View } from "./view.ts";

export { ZOOM_STEP } from "./view.ts";

interface Viewport {
  /** Size of the canvas on the screen. */
  readonly room: Size;
  /** The picture with its margins. */
  readonly frame: Frame;
  /** Pixels of the shown picture for one of its own: below 1 for photographs. */
  readonly shrink: number;
  /** Undefined: the whole picture, whatever the room. */
  readonly view: View | undefined;
}

export const useViewport = create<Viewport>()(() => ({
  room: { width: 320, height: 320 },
  frame: { left: 0, top: 0, width: 1, height: 1 },
  shrink: 1,
  view: undefined,
}));

const set = useViewport.setState;

/** The view in force. */
export const shownView = ({ view, frame, room }: Viewport): View => view ?? fitView(frame, room);

/** Shows the whole picture, and goes on to where the room changes. */
export const fit = (): void => set({ view: undefined });

/** Changes the view, within its limits. @param at place of the screen that stays where a limit is reached. */
function change(next: (view: View) => View, at?: Point): void {
  set((state) => ({ view: heldView(next(shownView(state)), state.frame, state.room, at) }));
}

/** Zooms about a place of the screen; by default about the middle. */
export function zoomBy(factor: number, at: Point = center()): void {
  change((view) => scaledAt(view, view.scale * factor, at), at);
}

/** Shows one pixel of the picture as one of the screen's own. */
export function oneToOne(): void {
  const at = center();
  const { shrink } = useViewport.getState();
  change((view) => scaledAt(view, 1 / devicePixelRatio / shrink, at), at);
}

export const panBy = (dx: number, dy: number): void => change((view) => moved(view, dx, dy));

export const changeView = change;

function center(): Point {
  const { width, height } = useViewport.getState().room;
  return [width / 2, height / 2];
}
