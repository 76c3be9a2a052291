/** Headers of every answer. */
import type { MiddlewareHandler } from "hono";
import { requestIdOf } from "./log.ts";

/** What an answer that is no page may do in a browser: nothing, and in no frame. Files of the site bring their own. */
const POLICY = "default-src 'none'; frame-ancestors 'none'";

/** The request's id, and what keeps pages of others from using an answer otherwise than by asking for it. */
export function answerHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    c.header("x-request-id", requestIdOf(c));
    c.header("x-content-type-options", "nosniff");
    c.header("x-frame-options", "DENY");
    c.header("referrer-policy", "no-referrer");
    c.header("cross-origin-resource-policy", "same-origin");
    c.header("cross-origin-opener-policy", "same-origin");
    c.header("cross-origin-embedder-policy", "require-corp");
    if (!c.res.headers.has("content-security-policy")) c.header("content-security-policy", POLICY);
  };
}
