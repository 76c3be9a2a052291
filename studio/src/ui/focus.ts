/** Focus that is not lost: where what had it goes away, its neighbour in the same list takes it, else the page's content. */

const FOCUSABLE = "button:not(:disabled), a[href], input:not(:disabled)";

/** The element with the focus, and its place in its list. */
interface Place {
  readonly element: HTMLElement;
  readonly list: Element | null;
  readonly index: number;
}

function placeOf(element: HTMLElement): Place {
  const item = element.closest("li");
  const list = item?.parentElement ?? null;
  return { element, list, index: item && list ? [...list.children].indexOf(item) : -1 };
}

/** What takes the focus of a place: the element itself while it is there, its neighbour in the list, else the content. */
function heirOf({ element, list, index }: Place): HTMLElement | null {
  if (element.isConnected) return element;
  const next = list?.isConnected ? list.children[Math.min(index, list.children.length - 1)] : undefined;
  return next?.querySelector<HTMLElement>(FOCUSABLE) ?? document.getElementById("main");
}

export function keepFocus(): void {
  let last: Place | undefined;
  /** The last place that was in no dialog: a dialog that goes away gives the focus back to it. */
  let outer: Place | undefined;
  addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    last = placeOf(target);
    if (target.closest("dialog") === null) outer = last;
  });
  addEventListener("focusout", ({ target }) => {
    // Only what went away lost its focus; what was left of free will did not.
    queueMicrotask(() => {
      if (last?.element === target && last?.element.isConnected && document.activeElement === document.body)
        last = undefined;
    });
  });
  new MutationObserver(() => {
    if (last === undefined || last.element.isConnected || document.activeElement !== document.body) return;
    const heir = heirOf(last.list === null && outer !== undefined ? outer : last);
    last = undefined;
    heir?.focus({ preventScroll: heir.id === "main" });
  }).observe(document.body, { childList: true, subtree: true });
}
