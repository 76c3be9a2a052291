/**
 * What each caller may ask for: a bucket of work that fills again with time, kept as the one moment at which it will be full
 * (the generic cell rate algorithm; ITU-T I.371). Work is counted in pictures of the trained size.
 */
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type { JobEngine, Work } from "./engine.ts";
import { ApiError } from "./errors.ts";

export interface Allowance {
  /** Work that comes back each minute. */
  readonly perMinute: number;
  /** Most work at once: what a full bucket holds. */
  readonly burst: number;
}

/** The buckets of all callers. */
export interface CallerBooks {
  readonly allowance: Allowance;
  /** Takes work out of a caller's bucket; less than nothing puts it back. @returns 0, or the ms after which it would hold as much: then nothing was taken */
  take(caller: string, worth: number): Promise<number>;
}

export interface CallerOptions {
  readonly books: CallerBooks;
  /** The header by which a proxy in front tells who calls; the connection's address by default. */
  readonly header?: string | undefined;
}

/**
 * @param full when the bucket will be full, in ms since 1970; the past for a full one
 * @returns the same after the work was taken out, or how long to wait for it, in ms
 */
export function taken(full: number, worth: number, { perMinute, burst }: Allowance, now: number): Taken {
  const msOf = (work: number): number => (work * 60_000) / perMinute;
  // What is worth more than a bucket holds waits for a full one.
  const next = Math.max(full, now) + msOf(Math.min(worth, burst));
  const late = next - now - msOf(burst);
  // Moments are sums of fractions: a bucket that is full but for their rounding is full.
  return late > 0.5 ? { waitMs: late } : { full: next };
}

export type Taken = { readonly full: number } | { readonly waitMs: number };

/** Most callers that are remembered; of those with full buckets nothing is. */
const CALLERS = 10_000;

/** Buckets in this process. */
export function memoryBooks(allowance: Allowance, now: () => number = Date.now): CallerBooks {
  const callers = new Map<string, number>();
  return {
    allowance,
    async take(caller, worth) {
      const at = now();
      const outcome = taken(callers.get(caller) ?? 0, worth, allowance, at);
      if ("waitMs" in outcome) return outcome.waitMs;
      callers.delete(caller);
      callers.set(caller, outcome.full);
      if (callers.size > CALLERS) for (const [name, full] of callers) if (full <= at) callers.delete(name);
      return 0;
    },
  };
}

/** An engine that takes each job's work out of its caller's bucket, and puts back what the job is refused for something else. */
export function charging(
  engine: JobEngine,
  { books, header }: CallerOptions,
  c: Context,
  worthOf: (work: Work) => number,
): JobEngine {
  return {
    ...engine,
    async submit(order, requestId) {
      const caller = callerOf(c, header);
      const worth = Math.min(worthOf(order.work), books.allowance.burst);
      const waitMs = await books.take(caller, worth);
      if (waitMs > 0) throw overdrawn(books.allowance, Math.ceil(waitMs / 1000));
      try {
        return await engine.submit(order, requestId);
      } catch (error) {
        await books.take(caller, -worth);
        throw error;
      }
    },
  };
}

const overdrawn = ({ burst, perMinute }: Allowance, retryAfter: number): ApiError =>
  new ApiError(
    429,
    `caller: expected at most the work of ${burst} pictures at once and of ${perMinute} a minute, got more; try again in ${retryAfter} s`,
    { code: "caller_budget", retryAfter },
  );

/** Who calls: the proxy's word, or the address of the connection; of IPv6 the network, which one caller has whole. */
export function callerOf(c: Context, header: string | undefined): string {
  if (header !== undefined) return c.req.header(header)?.trim() ?? "";
  // Calls that came by no connection have no address.
  const { address = "", addressType } = c.env?.incoming === undefined ? {} : getConnInfo(c).remote;
  return addressType === "IPv6" && !address.startsWith("::ffff:") ? address.split(":").slice(0, 4).join(":") : address;
}
