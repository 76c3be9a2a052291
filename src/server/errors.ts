/** Refusals in the form that OpenAI's clients read. */
import type { ErrorBody } from "../client/index.ts";
import { editingInfo, samplingInfo } from "../options/index.ts";

interface ErrorDetails {
  readonly param?: string | undefined;
  readonly code?: string | undefined;
  /** Seconds after which to try again. */
  readonly retryAfter?: number | undefined;
  /** Methods that the path has. */
  readonly allow?: string | undefined;
  /** What went wrong underneath, for the log alone. */
  readonly cause?: unknown;
}

/** A refusal with its HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly param: string | null;
  readonly code: string | null;
  readonly retryAfter: number | undefined;
  readonly allow: string | undefined;

  constructor(status: number, message: string, { param, code, retryAfter, allow, cause }: ErrorDetails = {}) {
    super(message, { cause });
    this.status = status;
    this.param = param ?? null;
    this.code = code ?? null;
    this.retryAfter = retryAfter;
    this.allow = allow;
  }

  /** @param requestId what the log and the header call the request, where there is one */
  body(requestId?: string): ErrorBody {
    const { message, param, code } = this;
    const id = requestId === undefined ? {} : { request_id: requestId };
    return { error: { message, type: typeOf(this.status), param, code, ...id } };
  }
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

/** Names of HTTP fields by the library's. */
const HTTP_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ ...samplingInfo, ...editingInfo }).map(([key, { http }]) => [key, http]),
);

/** Errors of the library that speak of what was asked for. */
const REQUEST_ERRORS = new Set(["OptionError", "RangeError", "ImageError"]);

/** Any error as a refusal; what is no request's fault becomes 500 without its words, which may name files. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (!(error instanceof Error) || !REQUEST_ERRORS.has(error.name) || !/^[\w.]+: expected /.test(error.message))
    return new ApiError(500, "server: expected to carry the request out, got a fault of the server", {
      code: "server_fault",
      cause: error,
    });
  const [where = "", ...field] = error.message.slice(0, error.message.indexOf(":")).split(".");
  const name = where === "class" ? "class_labels" : (HTTP_NAMES[where] ?? where);
  const words = error.message.slice(error.message.indexOf(":"));
  return new ApiError(400, `${[name, ...field].join(".")}${words}`, { param: name, code: "invalid_value" });
}
