/** Focus that is not lost: where what had it goes away, its neighbour in the same list takes it, else the page's content. */

const FOCUSABLE = "button:not(:disabled), a[href], input:not(:disabled)";

/** The element with the focus, and its place in its list. */
interface Place {
  readonly element: HTMLElement;
  readonly list: Element | null;
  readonly index: number;
}

export function keepFocus(): void {
  let last: Place | undefined;
  addEventListener("focusin", ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    const item = target.closest("li");
    const list = item?.parentElement ?? null;
    last = { element: target, list, index: item && list ? [...list.children].indexOf(item) : -1 };
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
    const { list, index } = last;
    last = undefined;
    const next = list?.isConnected ? list.children[Math.min(index, list.children.length - 1)] : undefined;
    const target = next?.querySelector<HTMLElement>(FOCUSABLE) ?? document.getElementById("main");
    target?.focus({ preventScroll: target.id === "main" });
  }).observe(document.body, { childList: true, subtree: true });
}
