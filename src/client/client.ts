import { readEvents } from "./events.ts";
import type {
  EditFields,
  ErrorBody,
  GenerationFields,
  ImagesResponse,
  JobBody,
  JobsBody,
  ModelBody,
  StreamEvent,
  VariationFields,
} from "./types.ts";

export interface ClientOptions {
  /** Address of the server, as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Bearer token, where the server asks for one. */
  readonly token?: string | undefined;
  /** Carries requests out; the platform's `fetch` by default. */
  readonly fetch?: ((input: string, init?: RequestInit) => Promise<Response>) | undefined;
}

/** A request that the server refused. */
export class ApiRequestError extends Error {
  override readonly name = "ApiRequestError";
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  /** Seconds to wait, where the server was full. */
  readonly retryAfter: number | undefined;

  constructor(status: number, error: ErrorBody["error"], retryAfter?: number) {
    super(error.message);
    this.status = status;
    this.type = error.type;
    this.param = error.param;
    this.code = error.code;
    this.retryAfter = retryAfter;
  }
}

/** Typed calls of the HTTP API. Every method throws ApiRequestError for a refusal, the signal's reason when aborted. */
export interface FlexVARClient {
  /** Draws pictures of classes. */
  generate(fields: GenerationFields, signal?: AbortSignal): Promise<ImagesResponse>;
  /** The same, picture by picture and scale by scale; before that, its place in the queue. Leaving the loop cancels. */
  generateStream(fields: GenerationFields, signal?: AbortSignal): AsyncGenerator<StreamEvent>;
  /** Repaints, continues, expands or refines a picture. */
  edit(fields: EditFields, signal?: AbortSignal): Promise<ImagesResponse>;
  editStream(fields: EditFields, signal?: AbortSignal): AsyncGenerator<StreamEvent>;
  /** Draws a picture's fine scales anew. */
  vary(fields: VariationFields, signal?: AbortSignal): Promise<ImagesResponse>;
  /** Hands work in and returns at once. */
  startGeneration(fields: GenerationFields): Promise<JobBody>;
  startEdit(fields: EditFields): Promise<JobBody>;
  job(id: string): Promise<JobBody>;
  /** The caller's own jobs, newest first. @param limit most of them; 20 by default, 100 at most */
  jobs(limit?: number): Promise<JobsBody>;
  cancelJob(id: string): Promise<JobBody>;
  models(): Promise<readonly ModelBody[]>;
}

/**
 * A client of a running `flexvar serve`, for browsers and Node.
 *
 * @example
 * const client = createClient({ baseUrl: "http://127.0.0.1:8080" });
 * const { data } = await client.generate({ class_labels: ["animal-face"], seed: 7 });
 */
export function createClient({ baseUrl, token, fetch: given }: ClientOptions): FlexVARClient {
  const send = given ?? ((input: string, init?: RequestInit) => fetch(input, init));
  let end = baseUrl.length;
  while (baseUrl[end - 1] === "/") end--;
  const root = baseUrl.slice(0, end);
  const call = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<Response> => {
    const response = await send(`${root}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (!response.ok) throw await refusal(response);
    return response;
  };
  const ask = async <T>(...request: Parameters<typeof call>): Promise<T> =>
    (await (await call(...request)).json()) as T;
  async function* stream(path: string, fields: object, signal?: AbortSignal): AsyncGenerator<StreamEvent> {
    const response = await call("POST", path, { ...fields, stream: true }, signal);
    for await (const { event, data } of readEvents(response.body!)) {
      const parsed = JSON.parse(data) as StreamEvent | ErrorBody;
      if (event === "error") throw new ApiRequestError(response.status, (parsed as ErrorBody).error);
      yield parsed as StreamEvent;
    }
  }
  const generations = "/v1/images/generations";
  const edits = "/v1/images/edits";
  const job = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;
  return {
    generate: (fields, signal) => ask("POST", generations, fields, signal),
    generateStream: (fields, signal) => stream(generations, fields, signal),
    edit: (fields, signal) => ask("POST", edits, fields, signal),
    editStream: (fields, signal) => stream(edits, fields, signal),
    vary: (fields, signal) => ask("POST", "/v1/images/variations", fields, signal),
    startGeneration: (fields) => ask("POST", generations, { ...fields, async: true }),
    startEdit: (fields) => ask("POST", edits, { ...fields, async: true }),
    job: (id) => ask("GET", job(id)),
    jobs: (limit) => ask("GET", limit === undefined ? "/v1/jobs" : `/v1/jobs?limit=${limit}`),
    cancelJob: (id) => ask("DELETE", job(id)),
    models: async () => (await ask<{ data: ModelBody[] }>("GET", "/v1/models")).data,
  };
}

async function refusal(response: Response): Promise<ApiRequestError> {
  const text = await response.text();
  const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(wait) ? wait : undefined;
  try {
    return new ApiRequestError(response.status, (JSON.parse(text) as ErrorBody).error, retryAfter);
  } catch {
    const message = `server: expected a reply of the API, got ${response.status} ${text.slice(0, 200)}`;
    return new ApiRequestError(response.status, { message, type: "server_error", param: null, code: null }, retryAfter);
  }
}
