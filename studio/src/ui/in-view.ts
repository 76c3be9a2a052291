import { partOf } from "../state/place.ts";
import { scrolling } from "./motion.ts";

/** Brings what a button makes into view, where the page is so narrow that it lies elsewhere. */
export function showStage(): void {
  // After the page has been drawn with what is new in it.
  requestAnimationFrame(() => {
    const stage = partOf(".stage");
    if (stage === null) return;
    const { top, bottom } = stage.getBoundingClientRect();
    const isSeen = top < innerHeight / 2 && Math.min(bottom, innerHeight) - Math.max(top, 0) > innerHeight / 3;
    if (!isSeen) stage.scrollIntoView({ block: "start", behavior: scrolling() });
  });
}
