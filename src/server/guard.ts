/** Who may call: the host's name, the origin, the token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { ApiError } from "./errors.ts";

export interface GuardOptions {
  readonly token?: string | undefined;
  /** Origins whose pages may call beside the server's own; `*`: all. */
  readonly origins?: readonly string[] | undefined;
  /** Names that the Host header may carry; any where left out. Keeps foreign names from pointing at a local server. */
  readonly hosts?: readonly string[] | undefined;
}

/** Refuses foreign hosts (421) and cross-origin calls (403), answers preflights of allowed origins. */
export function guardOrigin({ origins = [], hosts }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const url = new URL(c.req.url);
    if (hosts !== undefined && !hosts.includes(url.hostname))
      throw new ApiError(421, `host: expected ${hosts.join(" or ")}, got "${url.hostname.slice(0, 100)}"`, {
        code: "wrong_host",
      });
    const origin = c.req.header("origin");
    const foreign = origin !== undefined ? origin !== url.origin : c.req.header("sec-fetch-site") === "cross-site";
    const isAllowed = origin !== undefined && (origins.includes("*") || origins.includes(origin));
    if (foreign && !isAllowed && (origin !== undefined || url.pathname.startsWith("/v1/")))
      throw new ApiError(403, `origin: expected an allowed one, got "${(origin ?? "another site").slice(0, 100)}"`, {
        param: "origin",
        code: "cross_origin",
      });
    if (foreign && isAllowed) {
      c.header("access-control-allow-origin", origin);
      c.header("vary", "origin");
      if (c.req.method === "OPTIONS") {
        c.header("access-control-allow-methods", "GET, POST, DELETE");
        c.header("access-control-allow-headers", "authorization, content-type");
        return c.body(null, 204);
      }
    }
    return next();
  };
}

/** Asks for the bearer token where there is one. @throws RangeError for a blank one, which no call could carry. */
export function guardToken(token: string | undefined): MiddlewareHandler {
  if (token?.trim() === "") throw new RangeError(`token: expected some text or none, got "${token}"`);
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return async (c, next) => {
    if (token === undefined) return next();
    const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given === undefined || !timingSafeEqual(digest(given), digest(token)))
      throw new ApiError(
        401,
        `authorization: expected the server's bearer token, got ${given === undefined ? "none" : "another"}`,
        {
          code: "invalid_token",
        },
      );
    return next();
  };
}
