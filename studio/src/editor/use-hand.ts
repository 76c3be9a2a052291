/** Pointers, wheel and the Space key on the canvas, as what they mean for picture and mask. */
import { type PointerEvent, type RefObject, useEffect, useRef } from "react";
import { focused, keyTarget } from "../state/place.ts";
import { dragged, type Effect, type Hand, IDLE, lifted, pressed } from "./gesture.ts";
import { type Point, pinched, wheelFactor } from "./view.ts";
import { changeView, panBy, zoomBy } from "./viewport.ts";

interface HandTarget {
  /** A stroke begins, goes on, is done, or is not wanted. Places in screen pixels from the canvas's corner. */
  onStroke(effect: Extract<Effect, { kind: "begin" | "draw" | "finish" | "discard" }>): void;
  /** A pointer is over the canvas, or left it. */
  onHover(at: Point | undefined): void;
  /** Space was pressed and let go without moving the picture. */
  onSpace(): void;
}

interface HandListeners {
  onPointerDown(event: PointerEvent): void;
  onPointerMove(event: PointerEvent): void;
  onPointerUp(event: PointerEvent): void;
  onPointerCancel(event: PointerEvent): void;
  onPointerLeave(event: PointerEvent): void;
}

/** @returns listeners for the element of `holder`. @param isTaken whether something else takes a press, such as a grip. */
export function useHand(
  holder: RefObject<HTMLElement | null>,
  isTaken: () => boolean,
  target: HandTarget,
): HandListeners {
  const hand = useRef<Hand>(IDLE);
  const space = useSpace(holder, hand, target);
  useWheel(holder);
  const place = ({ clientX, clientY }: { clientX: number; clientY: number }): Point => {
    const { left, top } = holder.current!.getBoundingClientRect();
    return [clientX - left - holder.current!.clientLeft, clientY - top - holder.current!.clientTop];
  };
  const take = ([next, effect]: readonly [Hand, Effect?]): void => {
    hand.current = next;
    if (effect === undefined) return;
    if (effect.kind === "pan") {
      space.current = "moved";
      panBy(...effect.by);
    } else if (effect.kind === "pinch") changeView((view) => pinched(view, effect.from, effect.to));
    else target.onStroke(effect);
  };
  return {
    onPointerDown(event) {
      // With the control key a Mac's main button is its right one.
      if (isTaken() || (event.ctrlKey && event.button === 0)) return;
      const { pointerId: id, button, pointerType: type } = event;
      // The middle button would scroll the page.
      if (button === 1) event.preventDefault();
      take(pressed(hand.current, { id, at: place(event), button, type, pans: space.current !== "up" }));
      if (hand.current.kind !== "idle") holder.current!.setPointerCapture(id);
    },
    onPointerMove(event) {
      const all = hand.current.kind === "paint" ? (event.nativeEvent.getCoalescedEvents?.() ?? []) : [];
      for (const one of all.length > 0 ? all : [event])
        take(dragged(hand.current, { id: event.pointerId, at: place(one) }));
      if (event.pointerType !== "touch" || hand.current.kind === "paint") target.onHover(place(event));
    },
    onPointerUp(event) {
      take(lifted(hand.current, event.pointerId));
      if (event.pointerType === "touch") target.onHover(undefined);
    },
    onPointerCancel: (event) => take(lifted(hand.current, event.pointerId, true)),
    onPointerLeave: () => target.onHover(undefined),
  };
}

type Space = "up" | "held" | "moved";

/** Follows the Space key while the canvas, or nothing, has the focus. */
function useSpace(holder: RefObject<HTMLElement | null>, hand: RefObject<Hand>, target: HandTarget): RefObject<Space> {
  const space = useRef<Space>("up");
  const now = useRef(target);
  now.current = target;
  useEffect(() => {
    const isOurs = (): boolean => focused() === holder.current || focused() === document.body;
    const show = (state: Space): void => {
      space.current = state;
      holder.current?.toggleAttribute("data-grab", state !== "up");
    };
    const down = (event: KeyboardEvent): void => {
      if (event.key !== " " || !isOurs()) return;
      event.preventDefault();
      if (!event.repeat) show("held");
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key !== " " || space.current === "up") return;
      const dab = space.current === "held" && hand.current.kind === "idle" && focused() === holder.current;
      show("up");
      if (dab) now.current.onSpace();
    };
    const away = (): void => show("up");
    const keys = keyTarget();
    keys.addEventListener("keydown", down);
    keys.addEventListener("keyup", up);
    addEventListener("blur", away);
    return () => {
      keys.removeEventListener("keydown", down);
      keys.removeEventListener("keyup", up);
      removeEventListener("blur", away);
    };
  }, [holder, hand]);
  return space;
}

/** The wheel zooms about the pointer, with the control key or without; with Shift it moves the picture. */
function useWheel(holder: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const own = holder.current!;
    const turn = (event: WheelEvent): void => {
      event.preventDefault();
      const { left, top } = own.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE;
      if (event.shiftKey) panBy(-(event.deltaX || event.deltaY), 0);
      else zoomBy(wheelFactor(event.deltaY, lines, event.ctrlKey), [event.clientX - left, event.clientY - top]);
    };
    own.addEventListener("wheel", turn, { passive: false });
    return () => own.removeEventListener("wheel", turn);
  }, [holder]);
}
