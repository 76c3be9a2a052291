/** Who may call: the host's name, the origin, the token. */

import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { Context, MiddlewareHandler } from "hono";
import { ExpectedError } from "../errors/index.ts";
import { allowOrigin, preflight } from "./cors.ts";
import { ApiError } from "./errors.ts";

export interface GuardOptions {
  readonly token?: string | undefined;
  /** Origins whose pages may call beside the server's own; `*`: all. */
  readonly origins?: readonly string[] | undefined;
  /**
   * Names that the Host header may carry beside literal addresses and localhost. A page of a foreign name that was made to point
   * here (DNS rebinding) is of the server's own origin for a browser; only its name gives it away.
   */
  readonly hosts?: readonly string[] | undefined;
}

/** Whether a host is a literal IPv4 or IPv6 address, as URLs write them. */
const isAddress = (host: string): boolean => isIP(host.startsWith("[") ? host.slice(1, -1) : host) > 0;

/** Refuses foreign hosts (421) and cross-origin calls (403), answers preflights of allowed origins. */
export function guardOrigin({ origins = [], hosts = [] }: GuardOptions): MiddlewareHandler {
  const names = new Set(["localhost", ...hosts.map((name) => name.toLowerCase())]);
  return async (c, next) => {
    const url = new URL(c.req.url);
    if (!names.has(url.hostname) && !isAddress(url.hostname))
      throw new ApiError(
        421,
        `host: expected an address, ${[...names].join(" or ")}, got "${url.hostname.slice(0, 100)}"; --allow-host lets a name in`,
        { code: "wrong_host" },
      );
    const origin = c.req.header("origin");
    const foreign = origin !== undefined ? origin !== url.origin : c.req.header("sec-fetch-site") === "cross-site";
    const isAllowed = origin !== undefined && (origins.includes("*") || origins.includes(origin));
    if (foreign && !isAllowed && (origin !== undefined || url.pathname.startsWith("/v1/")))
      throw new ApiError(403, `origin: expected an allowed one, got "${(origin ?? "another site").slice(0, 100)}"`, {
        param: "origin",
        code: "cross_origin",
      });
    if (foreign && isAllowed) {
      allowOrigin(c, origin);
      if (c.req.method === "OPTIONS") return preflight(c);
      await next();
      // A reply that was made whole, as one of a site's file, has nothing of what was said before it.
      if (!c.res.headers.has("access-control-allow-origin")) allowOrigin(c, origin);
      return;
    }
    return next();
  };
}

/** What of a call's token is known. */
export type Admission = "admitted" | "no token" | "another token";

/**
 * Tells which calls carry the bearer token; all do where there is none.
 * @throws ExpectedError for one that no call could carry: blank, or with other characters than ASCII's visible ones and spaces.
 */
export function tokenReader(token: string | undefined): (c: Context) => Admission {
  if (token !== undefined && (token.trim() === "" || !isSendable(token)))
    throw new ExpectedError(`token: expected visible ASCII characters or none, got "${token}"`);
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return (c) => {
    if (token === undefined) return "admitted";
    const header = c.req.header("authorization") ?? "";
    if (!/^bearer /i.test(header)) return "no token";
    return timingSafeEqual(digest(header.slice("bearer ".length).trim()), digest(token.trim()))
      ? "admitted"
      : "another token";
  };
}

/** Whether a header carries the text as it is everywhere. */
const isSendable = (token: string): boolean => /^[ -~]*$/.test(token);

/** Refuses calls without the token (401), but for paths that are open to all. */
export function guardToken(admission: (c: Context) => Admission, isOpen: (path: string) => boolean): MiddlewareHandler {
  return async (c, next) => {
    const found = admission(c);
    if (found === "admitted" || isOpen(c.req.path)) return next();
    const got = found === "no token" ? "none" : "another";
    throw new ApiError(401, `authorization: expected the server's bearer token, got ${got}`, { code: "invalid_token" });
  };
}
