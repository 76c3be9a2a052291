/** Where a picture lies on the screen: fitting, zooming about a point, panning and pinching. Geometry alone. */

/** Two numbers: across, then down. */
export type Point = readonly [x: number, y: number];

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A part of the plane, in pixels of the picture; its margins lie at negative places. */
export interface Frame extends Size {
  readonly left: number;
  readonly top: number;
}

/** The smallest frame that holds two; either may be nothing. */
export function unionOf(one: Frame | undefined, other: Frame | undefined): Frame | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [left, top] = [Math.min(one.left, other.left), Math.min(one.top, other.top)];
  return {
    left,
    top,
    width: Math.max(one.left + one.width, other.left + other.width) - left,
    height: Math.max(one.top + one.height, other.top + other.height) - top,
  };
}

/** The pixels of a picture that a frame touches; undefined where it touches none. */
export function pixelsWithin({ left, top, width, height }: Frame, picture: Size): Frame | undefined {
  const [x, y] = [Math.max(0, Math.floor(left)), Math.max(0, Math.floor(top))];
  const wide = Math.min(picture.width, Math.ceil(left + width)) - x;
  const high = Math.min(picture.height, Math.ceil(top + height)) - y;
  return wide > 0 && high > 0 ? { left: x, top: y, width: wide, height: high } : undefined;
}

/** A place on the screen is a place on the picture times `scale`, plus `x` and `y`; screen pixels from the canvas's corner. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** Screen pixels that stay free around a picture that fits. */
export const BORDER = 44;
/** One press of a key or button. */
export const ZOOM_STEP = 1.5;
/** Largest size of one pixel of the picture, in screen pixels. */
const MOST_SCALE = 64;
/** A picture may shrink to this part of the size at which it fits. */
const LEAST_OF_FIT = 0.25;
/** Screen pixels of the picture that stay in sight, however far it is moved. */
const IN_SIGHT = 48;

/** The whole frame in the middle of the room. */
export function fitView({ left, top, width, height }: Frame, room: Size): View {
  const along = (side: number, length: number): number => Math.max(1, side - 2 * BORDER) / length;
  const scale = Math.min(MOST_SCALE, along(room.width, width), along(room.height, height));
  return {
    scale,
    x: room.width / 2 - (left + width / 2) * scale,
    y: room.height / 2 - (top + height / 2) * scale,
  };
}

/** The place on the picture that a place on the screen shows. */
export const toPicture = ({ scale, x, y }: View, [left, top]: Point): Point => [(left - x) / scale, (top - y) / scale];

/** The place on the screen of a place on the picture. */
export const toScreen = ({ scale, x, y }: View, [left, top]: Point): Point => [left * scale + x, top * scale + y];

/** The view with another scale; the picture stays where it is under one place of the screen. */
export function scaledAt(view: View, scale: number, at: Point): View {
  const [left, top] = toPicture(view, at);
  return { scale, x: at[0] - left * scale, y: at[1] - top * scale };
}

export const moved = (view: View, dx: number, dy: number): View => ({ ...view, x: view.x + dx, y: view.y + dy });

/** Two fingers went from one pair of places to another: what lay between them lies between them still, as much larger as they are further apart. */
export function pinched(view: View, [a, b]: readonly [Point, Point], [c, d]: readonly [Point, Point]): View {
  const before = Math.max(1, distance(a, b));
  const [from, to] = [middle(a, b), middle(c, d)];
  const grown = scaledAt(view, (view.scale * distance(c, d)) / before, from);
  return moved(grown, to[0] - from[0], to[1] - from[1]);
}

export const distance = ([a, b]: Point, [c, d]: Point): number => Math.hypot(c - a, d - b);

const middle = ([a, b]: Point, [c, d]: Point): Point => [(a + c) / 2, (b + d) / 2];

/** The view within its limits: not too small or large, and some of the frame in sight. A scale beyond them is put right about `at`. */
export function heldView(view: View, frame: Frame, room: Size, at: Point = [room.width / 2, room.height / 2]): View {
  const least = Math.min(1, fitView(frame, room).scale) * LEAST_OF_FIT;
  const scale = Math.min(MOST_SCALE, Math.max(least, view.scale));
  const { x, y } = scale === view.scale ? view : scaledAt(view, scale, at);
  const hold = (offset: number, begin: number, length: number, side: number): number => {
    const sight = Math.min(IN_SIGHT, length * scale, side);
    return Math.min(side - sight - begin * scale, Math.max(sight - (begin + length) * scale, offset));
  };
  return {
    scale,
    x: hold(x, frame.left, frame.width, room.width),
    y: hold(y, frame.top, frame.height, room.height),
  };
}

/** How much a turn of the wheel zooms. @param lines whether the browser counts lines and not pixels (`deltaMode`). */
export function wheelFactor(delta: number, lines: boolean, pinches: boolean): number {
  const pixels = lines ? delta * 16 : delta;
  // Pinching on a trackpad comes as a wheel with the control key, in small steps.
  return Math.exp(-Math.max(-120, Math.min(120, pixels)) * (pinches ? 0.01 : 0.002));
}
