/** Calls that no route answers: another method of a path that exists (405, or 204 for OPTIONS), or no such path (404). */
import type { Hono, NotFoundHandler } from "hono";
import { ApiError } from "./errors.ts";

/** Methods that routes answer at a path, HEAD and OPTIONS aside. */
function methodsAt(app: Hono, path: string): readonly string[] {
  const parts = path.split("/");
  const fits = (pattern: string): boolean => {
    const wanted = pattern.split("/");
    return (
      wanted.length === parts.length &&
      wanted.every((part, i) => (part.startsWith(":") ? parts[i] !== "" : part === parts[i]))
    );
  };
  const found = app.routes.filter((route) => route.method !== "ALL" && fits(route.path));
  return [...new Set(found.map(({ method }) => method))];
}

/** @param isFile true for paths of files, which are only read. */
export function unanswered(app: Hono, isFile: (path: string) => boolean): NotFoundHandler {
  return (c) => {
    const { path, method } = c.req;
    const methods = isFile(path) ? ["GET"] : methodsAt(app, path);
    if (methods.length === 0)
      throw new ApiError(404, "path: expected one that /openapi.json lists, got another", { code: "not_found" });
    const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
    if (method === "OPTIONS") return c.body(null, 204, { allow });
    throw new ApiError(405, `method: expected ${methods.join(" or ")} at this path, got ${method}`, {
      code: "method_not_allowed",
      allow,
    });
  };
}
