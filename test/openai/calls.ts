/** A round of OpenAI's image calls by its own SDK, the same in Node and on a page. */
import OpenAI, { toFile } from "openai";

export interface Round {
  /** Address of the API, and of one whose queue is always full. */
  readonly baseUrl: string;
  readonly fullUrl: string;
  readonly apiKey: string;
  /** A square PNG with transparent parts, in base64, and its size as `WxH`. */
  readonly image: string;
  readonly size: string;
}

/** What the SDK threw. */
export interface Thrown {
  readonly name: string;
  readonly status: number | undefined;
  readonly param: string | null | undefined;
  readonly code: string | null | undefined;
  readonly retryAfter: string | null | undefined;
  readonly requestId: string | null | undefined;
}

const TYPED = {
  APIConnectionError: OpenAI.APIConnectionError,
  AuthenticationError: OpenAI.AuthenticationError,
  BadRequestError: OpenAI.BadRequestError,
  NotFoundError: OpenAI.NotFoundError,
  RateLimitError: OpenAI.RateLimitError,
} as const;

async function thrown(call: PromiseLike<unknown>): Promise<Thrown> {
  try {
    await call;
  } catch (error) {
    const name = Object.entries(TYPED).find(([, type]) => error instanceof type)?.[0] ?? String(error);
    const { status, param, code, headers, requestID } = error as InstanceType<typeof OpenAI.APIError>;
    return { name, status, param, code, retryAfter: headers?.get("retry-after"), requestId: requestID };
  }
  throw new Error("call: expected to be refused, got a reply");
}

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const events: T[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** A few scales of the tiny model; not of OpenAI's. */
const tiny = { scales: "1,2,3,3", greedy: "none", seed: 5 };

const client = (baseURL: string, apiKey: string): OpenAI =>
  new OpenAI({ baseURL, apiKey, maxRetries: 0, dangerouslyAllowBrowser: true });

/** Every kind of call that succeeds. */
export async function makeCalls({ baseUrl, apiKey, image, size }: Round) {
  const { images, models } = client(baseUrl, apiKey);
  const file = () =>
    toFile(
      Uint8Array.from(atob(image), (c) => c.charCodeAt(0)),
      "picture.png",
      { type: "image/png" },
    );
  const ids = (await models.list()).data.map(({ id }) => id);
  const generated = await images.generate({
    ...tiny,
    prompt: "3",
    model: "tiny",
    n: 2,
    size: "auto",
    quality: "auto",
    background: "opaque",
    moderation: "low",
    output_format: "png",
    output_compression: 100,
    response_format: "b64_json",
    user: "someone",
  });
  const edited = await images.edit({
    ...tiny,
    prompt: "1",
    image: await file(),
    mask: await file(),
    size,
    input_fidelity: "high",
    background: "auto",
    quality: "standard",
    output_compression: 100,
  });
  const varied = await images.createVariation({ ...tiny, image: await file() } as never);
  const inWebp = await images.generate({ ...tiny, prompt: "3", output_format: "webp", output_compression: 50 });
  const listed = await images.edit({ ...tiny, prompt: "1", image: [await file()] });
  const drawn = { ...tiny, prompt: "3", n: 2, stream: true } as const;
  const painted = { ...tiny, prompt: "1", stream: true } as const;
  return {
    ids,
    generated,
    edited,
    listed,
    varied,
    inWebp,
    streamed: await all(await images.generate({ ...drawn, partial_images: 2 })),
    finished: await all(await images.generate(drawn)),
    editStreamed: await all(await images.edit({ ...painted, image: await file(), partial_images: 2 })),
    editFinished: await all(await images.edit({ ...painted, image: await file() })),
  };
}

/** Every kind of call that is refused. */
export async function makeMistakes({ baseUrl, fullUrl, apiKey, image }: Round) {
  const { images } = client(baseUrl, apiKey);
  const file = await toFile(
    Uint8Array.from(atob(image), (c) => c.charCodeAt(0)),
    "picture.png",
  );
  return {
    value: await thrown(images.generate({ ...tiny, prompt: "3", quality: "hd" })),
    inStream: await thrown(images.generate({ ...tiny, prompt: "no such class", stream: true })),
    images: await thrown(images.edit({ ...tiny, prompt: "1", image: [file, file] })),
    model: await thrown(images.generate({ ...tiny, prompt: "3", model: "gpt-image-1" })),
    variation: await thrown(images.createVariation({ image: file, size: "large" as never })),
    key: await thrown(client(baseUrl, "another").images.generate({ ...tiny, prompt: "3" })),
    full: await thrown(client(fullUrl, apiKey).images.generate({ ...tiny, prompt: "3" })),
  };
}

/** A call that a page of an origin which is not allowed makes. */
export const callFromAfar = ({ baseUrl, apiKey }: Round): Promise<Thrown> =>
  thrown(client(baseUrl, apiKey).models.list());
