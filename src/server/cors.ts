/** What pages of other origins may send and read (WHATWG Fetch, section 3.2). */
import type { Context } from "hono";

/** Headers of replies that such pages may read, beside those that every page may. */
const READABLE = ["retry-after", "location", "x-request-id"].join(", ");
/** Headers that pages send where a preflight names none. */
const USUAL = ["authorization", "content-type"].join(", ");
const MOST_HEADERS = 100;
const LONGEST_NAME = 100;
/** How long a preflight holds, in seconds. */
const HOLDS = 600;

/** Lets a page of this origin read the reply. */
export function allowOrigin(c: Context, origin: string): void {
  c.header("access-control-allow-origin", origin);
  c.header("access-control-expose-headers", READABLE);
  c.header("vary", "origin", { append: true });
}

/** The reply to a preflight of an allowed origin: such a page may send what headers it asks for, as SDKs bring their own. */
export function preflight(c: Context): Response {
  c.header("vary", "access-control-request-headers", { append: true });
  c.header("access-control-allow-methods", "GET, POST, DELETE");
  c.header("access-control-allow-headers", headerNames(c.req.header("access-control-request-headers") ?? "") || USUAL);
  c.header("access-control-max-age", String(HOLDS));
  return c.body(null, 204);
}

/** The names of a list of headers (RFC 9110, section 5.6.2); what is no name is left out. */
function headerNames(list: string): string {
  const names = list.split(",", MOST_HEADERS).map((name) => name.trim().toLowerCase());
  return names.filter((name) => name.length <= LONGEST_NAME && /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)).join(", ");
}
