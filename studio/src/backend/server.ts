/** The model on the server that serves this page, asked through its HTTP API. */
import {
  ApiRequestError,
  createClient,
  type EditFields,
  type FlexVARClient,
  type GenerationFields,
  type ServerAbout,
  type StreamEvent,
} from "flexvar/client";
import { encodePng, readSettings as settingsOf } from "flexvar/image";
import { formatScales, planScales } from "flexvar/sampling";
import { type ModelConfig, modelInfo } from "./config.ts";
import { keepConnection } from "./connection.ts";
import { isSendable, keepToken, keptToken, TokenError } from "./token.ts";
import type { Backend, DrawRequest, EditEvent, EditRequest, ModelInfo } from "./types.ts";

/** @param readSettings reads what a PNG says about itself. */
export function serverBackend(base: string, readSettings: Backend["readSettings"]): Backend {
  let token = keptToken();
  let known: ModelInfo | undefined;
  const checkedToken = (): string | undefined => {
    if (token !== undefined && !isSendable(token)) throw refusedToken(token);
    return token;
  };
  const read = async <T>(file: string): Promise<T> => {
    const headers: HeadersInit = checkedToken() === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(new URL(file, base), { cache: "no-cache", headers }).catch((error: unknown) => {
      throw inWords(error, false, token);
    });
    if (response.status === 401) throw refusedToken(token);
    if (!response.ok) throw new Error(`${file}: expected a file, got ${response.status}`);
    return (await response.json()) as T;
  };
  const connection = keepConnection(async (signal) => {
    const response = await fetch(new URL("healthz", base), { cache: "no-store", signal });
    if (!response.ok) throw new Error(`healthz: expected 200, got ${response.status}`);
  });
  const client = (): FlexVARClient => createClient({ baseUrl: new URL(".", base).href, token: checkedToken() });
  const failure: Failure = (error, begun) => {
    if (isSilence(error)) void connection.tryNow();
    return inWords(error, begun, token);
  };
  return {
    kind: "server",
    connection,

    async describe() {
      const [{ model, examples }, config] = await Promise.all([
        read<ServerAbout>("model/about.json"),
        read<ModelConfig>("model/config.json"),
      ]);
      known = modelInfo(config, base, { ...model, downloadBytes: 0, downloaded: true, examples });
      return known;
    },

    async open() {
      try {
        await client().models();
      } catch (error) {
        throw failure(error, false);
      }
      return "on the server";
    },

    giveToken(text) {
      token = text;
      keepToken(text);
    },

    async *draw(request, signal) {
      const { factor, trainedSide } = known ?? (await this.describe());
      const { steps: count, scales } = request;
      const ladder = scales === undefined ? { steps: count } : { scales };
      const { grids } = planScales({ factor, trainedSide, ...ladder, sizePx: request });
      yield { kind: "plan", grids };
      const fields = await drawFields(request);
      yield* steps(() => client().generateStream(fields, signal), request.count, signal, failure);
    },

    async *edit(request, signal) {
      const fields = await editFields(request);
      yield* steps(() => client().editStream(fields, signal), request.count, signal, failure);
    },

    readSettings,

    release() {},
  };
}

// What went wrong with a server, in words that say what to do.

const UNREACHABLE =
  "The server does not answer. Perhaps it was stopped; the studio goes on asking, and your gallery is safe on this device.";

const LOST =
  "The server stopped answering while it worked on this, and what was not finished is lost. Your gallery is safe on this device.";

const BY_CODE: Readonly<Record<string, string>> = {
  queue_full: "The server has too much to do just now: its queue is full. Try again in a moment.",
  server_stopping: "The server is being stopped and gave this back unfinished. Try again once it runs.",
  timeout: "The server took too long and gave up. Fewer pictures or a smaller size may help.",
  server_fault: "The server could not carry this out, through a fault of its own. Its log may say more.",
};

/** A server that does not let the studio in. @param token the one that was given. */
function refusedToken(token: string | undefined, cause?: unknown): TokenError {
  const words =
    token === undefined
      ? "This server asks for a token before it works."
      : "The server does not accept this token. Perhaps it was mistyped, or the server was started anew with another.";
  return new TokenError(words, { cause });
}

/** A failed request as an error in words. `begun`: the server had taken the work on. */
function inWords(error: unknown, begun: boolean, token: string | undefined): Error {
  if (error instanceof TokenError) return error;
  if (!(error instanceof ApiRequestError)) return new Error(begun ? LOST : UNREACHABLE, { cause: error });
  if (error.status === 401) return refusedToken(token, error);
  return new Error(BY_CODE[error.code ?? ""] ?? error.message, { cause: error });
}

/** Whether nobody answered, as against an answer that refuses. */
const isSilence = (error: unknown): boolean => !(error instanceof ApiRequestError);

/** A failed request in words; where nobody answered the server is asked after. `begun`: the server had taken the work on. */
type Failure = (error: unknown, begun: boolean) => Error;

/** The events of one order, its end and its failures as the studio wants them. */
async function* steps(
  start: () => AsyncGenerator<StreamEvent>,
  count: number,
  signal: AbortSignal,
  failure: Failure,
): AsyncGenerator<EditEvent> {
  let begun = false;
  let finished = 0;
  const parts = new Array<number>(count).fill(0);
  try {
    for await (const event of start()) {
      begun = true;
      if (event.type === "image_job.queued") {
        yield { kind: "waiting", position: event.position };
        continue;
      }
      const isLast = event.type.endsWith(".completed");
      if (isLast) finished++;
      const bytes = Uint8Array.from(atob(event.b64_json), (char) => char.charCodeAt(0));
      const image = new Blob([bytes], { type: "image/png" });
      const picture = { number: event.index, image, ...(isLast && { settings: settingsOf(bytes) }) };
      parts[event.index] = isLast ? 1 : (event.scale! + 1) / event.scales!;
      yield { kind: "step", isLast, done: parts.reduce((sum, part) => sum + part, 0) / count, pictures: [picture] };
    }
    if (finished < count) throw new Error(`stream: expected ${count} pictures, got ${finished}`);
  } catch (error) {
    if (!signal.aborted) throw failure(error, begun);
  }
}

async function drawFields(request: DrawRequest): Promise<GenerationFields> {
  const { classId, width, height, steps, scales, guidance, seed, count, firstIndex, style, more } = request;
  return {
    ...(await fieldsOf(more)),
    class_labels: [classId],
    size: `${width}x${height}`,
    ...(scales === undefined ? { num_inference_steps: steps } : { scales: formatScales(scales) }),
    guidance_scale: guidance,
    seed,
    n: count,
    first_index: firstIndex,
    ...(style !== undefined && { style }),
    partial_images: "all",
  };
}

/** Options by the library's names as fields. What names them is loaded where some are given. */
async function fieldsOf(options: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
  return Object.keys(options).length > 0 ? (await import("flexvar/options")).toFields(options) : {};
}

async function editFields(request: EditRequest): Promise<EditFields> {
  const { task, image, mask, size, classId, guidance, more, seed, count } = request;
  const { width, height } = image;
  return {
    ...(await fieldsOf(more)),
    task,
    image: toBase64(encodePng(image)),
    ...(task === "inpaint" && { mask: toBase64(encodePng(greyPicture(mask!, width, height))), mask_mode: "white" }),
    ...(task === "refine" && { size: size!.join("x") }),
    ...(classId !== undefined && { class_labels: [classId] }),
    ...(guidance !== undefined && { guidance_scale: guidance }),
    seed,
    n: count,
    partial_images: "all",
  };
}

function greyPicture(values: Uint8Array, width: number, height: number) {
  const data = new Uint8Array(3 * values.length);
  values.forEach((value, i) => void data.fill(value, 3 * i, 3 * i + 3));
  return { data, width, height };
}

/** In pieces, since a call takes only so many arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
