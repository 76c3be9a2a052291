/** What a page and its worker say to each other about one order, over the port that travels with it. */
import type { Problem } from "./problem.ts";

/** Worker to page. `done` and `failed` end an order; one that was stopped is done without a result. */
export type Answer<E, R> =
  | { readonly kind: "event"; readonly event: E }
  | { readonly kind: "done"; readonly result?: R | undefined }
  | { readonly kind: "failed"; readonly problem: Problem };

/** Page to worker: the reader has dealt with an event and asks for the next; or wants no more. */
export type Wish = "next" | "stop";
