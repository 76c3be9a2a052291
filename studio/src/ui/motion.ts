/** Scrolls smoothly, unless whoever uses the page wished for stillness. */
export const scrolling = (): ScrollBehavior =>
  matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
