/** What pointers on the canvas do: one paints, two pinch, a held key or the middle button pans. No rendering here. */
import type { Point } from "./view.ts";

/** A pointer that is pressed or moves. Places in screen pixels from the canvas's corner. */
interface Press {
  readonly id: number;
  readonly at: Point;
  /** The button that was pressed: 0 the main one, 1 the middle, 2 the right. */
  readonly button: number;
  readonly type: string;
  /** Whether what says "move the picture" is held. */
  readonly pans: boolean;
}

interface Touch {
  readonly id: number;
  readonly at: Point;
}

/** What is going on. `spent`: fingers that are left after a pinch; they do nothing until all are up. */
export type Hand =
  | { readonly kind: "idle" }
  | { readonly kind: "paint"; readonly touch: Touch; readonly isTouch: boolean }
  | { readonly kind: "pan"; readonly touch: Touch }
  | { readonly kind: "pinch"; readonly touches: readonly [Touch, Touch] }
  | { readonly kind: "spent"; readonly ids: readonly number[] };

export const IDLE: Hand = { kind: "idle" };

/** What a pointer's event means for picture and mask. */
export type Effect =
  | { readonly kind: "begin" | "draw"; readonly at: Point }
  | { readonly kind: "finish" | "discard" }
  | { readonly kind: "pan"; readonly by: Point }
  | { readonly kind: "pinch"; readonly from: readonly [Point, Point]; readonly to: readonly [Point, Point] };

type Next = readonly [hand: Hand, effect?: Effect];

/** A pointer goes down. The right button does nothing, so that it never paints. */
export function pressed(hand: Hand, { id, at, button, type, pans }: Press): Next {
  const touch = { id, at };
  if (hand.kind === "idle") {
    if (button === 1 || (button === 0 && pans)) return [{ kind: "pan", touch }];
    if (button === 0)
      return [
        { kind: "paint", touch, isTouch: type === "touch" },
        { kind: "begin", at },
      ];
    return [hand];
  }
  if (type !== "touch") return [hand];
  // A palm beside a pen is no second finger.
  if (hand.kind === "paint" && hand.isTouch)
    return [{ kind: "pinch", touches: [hand.touch, touch] }, { kind: "discard" }];
  if (hand.kind === "pan") return [{ kind: "pinch", touches: [hand.touch, touch] }];
  if (hand.kind === "spent") return [{ kind: "spent", ids: [...hand.ids, id] }];
  if (hand.kind === "pinch") return [{ kind: "spent", ids: [...hand.touches.map((one) => one.id), id] }];
  return [hand];
}

/** A pointer moves, pressed or not. */
export function dragged(hand: Hand, { id, at }: Touch): Next {
  if (hand.kind === "paint" && hand.touch.id === id)
    return [
      { ...hand, touch: { id, at } },
      { kind: "draw", at },
    ];
  if (hand.kind === "pan" && hand.touch.id === id) {
    const { at: before } = hand.touch;
    return [
      { kind: "pan", touch: { id, at } },
      { kind: "pan", by: [at[0] - before[0], at[1] - before[1]] },
    ];
  }
  if (hand.kind === "pinch" && hand.touches.some((one) => one.id === id)) {
    const [a, b] = hand.touches;
    const touches = [a.id === id ? { id, at } : a, b.id === id ? { id, at } : b] as const;
    return [
      { kind: "pinch", touches },
      { kind: "pinch", from: [a.at, b.at], to: [touches[0].at, touches[1].at] },
    ];
  }
  return [hand];
}

/** A pointer goes up. @param lost whether the browser took it away: what it painted is not wanted then. */
export function lifted(hand: Hand, id: number, lost = false): Next {
  if (hand.kind === "paint" && hand.touch.id === id) return [IDLE, { kind: lost ? "discard" : "finish" }];
  if (hand.kind === "pan" && hand.touch.id === id) return [IDLE];
  if (hand.kind === "pinch" && hand.touches.some((one) => one.id === id))
    return [{ kind: "spent", ids: hand.touches.map((one) => one.id).filter((one) => one !== id) }];
  if (hand.kind === "spent") {
    const ids = hand.ids.filter((one) => one !== id);
    return [ids.length === 0 ? IDLE : { kind: "spent", ids }];
  }
  return [hand];
}
