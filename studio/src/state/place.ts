/** Where the studio lives: a page of its own, or an element in somebody else's. Told once, before anything is shown. */
export interface Place {
  /** What it finds its own parts in. */
  readonly root: Document | ShadowRoot;
  /** Whether it keeps anything on this device, and tells its other tabs. */
  readonly keeps: boolean;
  startPhotoWorker(): Worker;
}

let place: Place | undefined;

export function settle(next: Place): void {
  place = next;
}

export const keepsAnything = (): boolean => place?.keeps ?? true;

/** What has the focus within the studio, if anything. */
export const focused = (): Element | null => rootOf().activeElement;

/** A part of the studio. */
export const partOf = (selector: string): HTMLElement | null => rootOf().querySelector<HTMLElement>(selector);

/** Where its keys are heard: those of the whole page, or those pressed inside the element. */
export const keyTarget = (): Pick<Window, "addEventListener" | "removeEventListener"> =>
  (rootOf() === document ? globalThis : rootOf()) as never;

export function startPhotoWorker(): Worker {
  if (place === undefined) throw new Error("place: expected to be told before a photograph is opened");
  return place.startPhotoWorker();
}

const rootOf = (): Place["root"] => place?.root ?? document;
