/** The model on the server that serves this page, asked through its HTTP API. */
import { createClient, type EditFields, type FlexVARClient, type ImageEvent, type StreamEvent } from "flexvar/client";
import { encodePng, readSettings } from "flexvar/image";
import { planScales } from "flexvar/sampling";
import { type ModelConfig, modelInfo } from "./config.ts";
import { keepConnection } from "./connection.ts";
import { inWords, isSilence, refusedToken } from "./failures.ts";
import { isSendable, keepToken, keptToken } from "./token.ts";
import type {
  Backend,
  DrawEvent,
  DrawnPicture,
  DrawRequest,
  EditEvent,
  EditRequest,
  ModelInfo,
  Waiting,
} from "./types.ts";

/** What `studio.json` says where a server serves the page: nothing else, for it is read before a token can be given. */
export interface ServerSite {
  readonly backend: "server";
}

/** What `model/about.json` says of the server's model. */
interface ServerAbout {
  readonly model: { readonly name: string; readonly hash: string };
  readonly examples?: { readonly file: string; readonly columns: number; readonly rows: number } | undefined;
}

/** A picture that came, at a scale or finished. */
interface Arrival {
  readonly kind: "picture";
  readonly event: ImageEvent;
  readonly isLast: boolean;
  readonly picture: DrawnPicture;
}

export function serverBackend(base: string): Backend {
  const read = async <T>(file: string): Promise<T> => {
    if (token !== undefined && !isSendable(token)) throw refusedToken(token);
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
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
  let token = keptToken();
  const client = (): FlexVARClient => {
    if (token !== undefined && !isSendable(token)) throw refusedToken(token);
    return createClient({ baseUrl: new URL(".", base).href, token });
  };
  let known: ModelInfo | undefined;

  /** The events of one order, its end and its failures as the studio wants them. */
  async function* events(
    start: (signal: AbortSignal) => AsyncGenerator<StreamEvent>,
    count: number,
    signal: AbortSignal,
  ): AsyncGenerator<Waiting | Arrival> {
    let begun = false;
    let finished = 0;
    try {
      for await (const event of start(signal)) {
        begun = true;
        if (event.type === "image_job.queued") {
          yield { kind: "waiting", position: event.position };
          continue;
        }
        const isLast = event.type.endsWith(".completed");
        if (isLast) finished++;
        const bytes = fromBase64(event.b64_json);
        const image = new Blob([bytes], { type: "image/png" });
        const picture = { number: event.index, image, ...(isLast && { settings: readSettings(bytes) }) };
        yield { kind: "picture", event, isLast, picture };
      }
      if (finished < count) throw new Error(`stream: expected ${count} pictures, got ${finished}`);
    } catch (error) {
      if (signal.aborted) return;
      const failure = inWords(error, begun, token);
      if (isSilence(error)) void connection.tryNow();
      throw failure;
    }
  }

  return {
    kind: "server",
    connection,

    async describe(): Promise<ModelInfo> {
      const [{ model, examples }, config] = await Promise.all([
        read<ServerAbout>("model/about.json"),
        read<ModelConfig>("model/config.json"),
      ]);
      known = modelInfo(config, {
        name: model.name,
        downloadBytes: 0,
        downloaded: true,
        examples: examples && { ...examples, address: new URL(examples.file, base).href },
      });
      return known;
    },

    async open(): Promise<string> {
      try {
        await client().models();
      } catch (error) {
        if (isSilence(error)) void connection.tryNow();
        throw inWords(error, false, token);
      }
      return "on the server";
    },

    giveToken(text) {
      token = text;
      keepToken(text);
    },

    async *draw(request: DrawRequest, signal): AsyncGenerator<DrawEvent> {
      const { classId, width, height, steps, guidance, seed, count, firstIndex, style, more = {} } = request;
      const { factor, trainedSide } = known ?? (await this.describe());
      const { grids } = planScales({ factor, trainedSide, steps, sizePx: { width, height } });
      yield { kind: "plan", grids };
      // What names options is loaded where some are given.
      const named = Object.keys(more).length > 0 ? (await import("flexvar/options")).toFields(more) : {};
      const fields = {
        ...named,
        class_labels: [classId],
        size: `${width}x${height}`,
        num_inference_steps: steps,
        guidance_scale: guidance,
        seed,
        n: count,
        first_index: firstIndex,
        ...(style !== undefined && { style }),
        partial_images: "all" as const,
      };
      const start = (stop: AbortSignal) => client().generateStream(fields, stop);
      for await (const one of events(start, count, signal)) {
        if (one.kind === "waiting") {
          yield one;
          continue;
        }
        const { event, isLast, picture } = one;
        const index = event.scale ?? grids.length - 1;
        yield { kind: "scale", index, isLast, pictures: [picture] };
      }
    },

    async *edit(request: EditRequest, signal): AsyncGenerator<EditEvent> {
      const { count } = request;
      const parts = Array.from({ length: count }, () => 0);
      const start = (stop: AbortSignal) => client().editStream(editFields(request), stop);
      for await (const one of events(start, count, signal)) {
        if (one.kind === "waiting") {
          yield one;
          continue;
        }
        const { event, isLast, picture } = one;
        parts[event.index] = isLast ? 1 : (event.scale! + 1) / event.scales!;
        yield { kind: "step", done: parts.reduce((sum, part) => sum + part, 0) / count, pictures: [picture] };
      }
    },

    async readSettings(png) {
      const { requestOf } = await import("./settings.ts");
      return requestOf(new Uint8Array(await png.arrayBuffer()));
    },

    release() {},
  };
}

function editFields({ task, image, mask, size, classId, guidance, seed, count }: EditRequest): EditFields {
  const { width, height } = image;
  return {
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

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
}

/** In pieces, since a call takes only so many arguments. */
function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
