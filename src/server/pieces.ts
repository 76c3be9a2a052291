/** A body as it arrives: within limits of size and time, and of what all bodies hold together. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ApiError } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** What reading one body may use. */
export interface BodyShare {
  /** Takes room for so many bytes. @throws ApiError 429 where there is none left */
  take(bytes: number): void;
  /** A long body's turn of the event loop: between two that are looked at, everything else has its own. Short ones do not wait. */
  turn(): Promise<void>;
}

/** Room for the bodies of all requests that are being read or looked at. */
export interface BodyRoom {
  /** Carries work out, and gives back what room it took. */
  use<T>(work: (share: BodyShare) => Promise<T>): Promise<T>;
}

/** Bytes of a body that costs a few milliseconds at most, whatever is in it. */
const SHORT = 2 ** 12;

/** Room for so many bytes. */
export function bodyRoom(most: number): BodyRoom {
  let held = 0;
  let turns = Promise.resolve();
  return {
    async use(work) {
      let mine = 0;
      const take = (bytes: number): void => {
        if (held + bytes > most)
          throw new ApiError(429, "server: expected room for a body, got too many at once; try again later", {
            code: "too_many_bodies",
            retryAfter: 1,
          });
        held += bytes;
        mine += bytes;
      };
      const turn = async (): Promise<void> => {
        if (mine <= SHORT) return;
        turns = turns.then(() => nextTurn());
        await turns;
      };
      try {
        return await work({ take, turn });
      } finally {
        held -= mine;
      }
    },
  };
}

/** Pieces are handed on in blocks of this size at least, so that a body that comes byte by byte costs no more than another. */
const BLOCK = 2 ** 16;

/** A request's body in blocks. @throws ApiError 400 (broken off), 408 (too slow), 413 (too large), 429 (no room) */
export async function* bodyBlocks(
  request: Request,
  { bodyBytes, bodyMs }: Pick<Limits, "bodyBytes" | "bodyMs">,
  { take }: Pick<BodyShare, "take">,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const claimed = Number(request.headers.get("content-length") ?? 0);
  if (claimed > 0 && claimed <= SHORT && claimed <= bodyBytes) {
    yield await shortBody(request, { bodyBytes, bodyMs }, take);
    return;
  }
  const reader = request.body?.getReader();
  if (reader === undefined) {
    if (claimed > bodyBytes) throw tooLarge(bodyBytes);
    return;
  }
  let isLate = false;
  const late = tooSlow(bodyMs, () => {
    isLate = true;
  });
  let total = 0;
  let block: Uint8Array[] = [];
  let filled = 0;
  try {
    if (claimed > bodyBytes) throw tooLarge(bodyBytes);
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), late.error]);
      if (done) break;
      total += value.length;
      if (total > bodyBytes) throw tooLarge(bodyBytes);
      take(value.length);
      block.push(value);
      filled += value.length;
      if (filled < BLOCK) continue;
      yield new Uint8Array(Buffer.concat(block));
      block = [];
      filled = 0;
    }
    if (filled > 0) yield new Uint8Array(Buffer.concat(block));
  } catch (error) {
    throw error instanceof ApiError ? error : broken();
  } finally {
    late.stop();
    if (isLate) void reader.cancel().catch(() => undefined);
    else await discard(reader);
  }
}

/** A body that says that it is short, at once: most are, and a stream of one costs more than all else that is done with it. */
async function shortBody(
  request: Request,
  { bodyBytes, bodyMs }: Pick<Limits, "bodyBytes" | "bodyMs">,
  take: BodyShare["take"],
): Promise<Uint8Array<ArrayBuffer>> {
  const late = tooSlow(bodyMs);
  try {
    const body = new Uint8Array(await Promise.race([request.arrayBuffer(), late.error]));
    if (body.length > bodyBytes) throw tooLarge(bodyBytes);
    take(body.length);
    return body;
  } catch (error) {
    throw error instanceof ApiError ? error : broken();
  } finally {
    late.stop();
  }
}

/** An error after `bodyMs`, unless it is stopped before. */
function tooSlow(bodyMs: number, onLate?: () => void): { readonly error: Promise<never>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const error = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate?.();
      reject(new ApiError(408, `body: expected to arrive within ${bodyMs / 1000} s, got less`, { code: "slow_body" }));
    }, bodyMs);
  });
  error.catch(() => undefined);
  return { error, stop: () => clearTimeout(timer) };
}

const broken = (): ApiError =>
  new ApiError(400, "body: expected a whole body, got a broken one", { code: "invalid_body" });

const tooLarge = (bodyBytes: number): ApiError =>
  new ApiError(413, `body: expected at most ${bodyBytes} bytes, got more`, { code: "body_too_large" });

/** Most of a refused body's rest that is read, and for how long. */
const DISCARDED = 2 ** 28;
const DISCARD_MS = 3000;

/**
 * Reads on and forgets, before anything is answered: a connection that is closed on what a client still sends is reset, and the
 * answer is lost with it. What takes too long is hung up on.
 */
async function discard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  const end = setTimeout(() => void reader.cancel().catch(() => undefined), DISCARD_MS);
  try {
    for (let left = DISCARDED; left > 0; ) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.length;
    }
    await reader.cancel();
  } catch {
    // The client has left.
  } finally {
    clearTimeout(end);
  }
}
