/** A shard of a set: some pictures that one worker draws at a time. What it is asked for and what comes back, on the wire. */
import { promisify } from "node:util";
import { deflate, inflate } from "node:zlib";
import type { MsgHdrs } from "@nats-io/transport-node";
import { z } from "zod";
import { parseJson, readAs } from "../json/index.ts";
import type { Cluster } from "./connect.ts";
import { MESSAGE_BYTES, setTokens } from "./layout.ts";
import { writeHeader } from "./messages.ts";
import { fileName, getFile, putFile } from "./pictures.ts";

const count = z.int().nonnegative();

const unitSchema = z.object({
  /** The set's name. */
  set: z.string().regex(/^[0-9a-z]{8,32}$/),
  number: count,
  /** Sampling options of all pictures, without their classes. */
  input: z.record(z.string(), z.unknown()),
  /** Of each picture its class, and its number within the class. */
  pictures: z.array(z.tuple([count, count])).min(1),
  /** The network whose features of the pictures are wanted too, by its hash, and the size that they are brought to for it. */
  features: z
    .object({ hash: z.string(), at: z.object({ width: count.min(1), height: count.min(1) }).optional() })
    .optional(),
});
/** One message of work. */
export type ShardUnit = Readonly<z.infer<typeof unitSchema>>;

const headSchema = z.object({
  fingerprint: z.string(),
  worker: z.string(),
  /** Bytes are deflated. */
  packed: z.boolean(),
  /** The object that holds them; the message does where left out. */
  object: z.string().optional(),
  /** Why there are none. */
  error: z.string().optional(),
  /** Bytes of the pictures, and of the features of each batch of them, one after the other. */
  parts: z.array(count).min(1),
});
type ShardHead = z.infer<typeof headSchema>;

/** Pictures of a shard, uint8 [n, height, width, 3], and features of each batch as bytes; or why there are none. */
export interface ShardResult {
  readonly fingerprint: string;
  readonly worker: string;
  readonly pixels: Uint8Array;
  readonly features: readonly Uint8Array[];
  readonly error?: string | undefined;
}

/** What a shard was asked for. */
export type DrawnShard = Pick<ShardResult, "pixels" | "features">;

const HEADER = "Flexvar-Shard";
/** Deflated bytes are sent where they are fewer than this share. */
const PAYS = 0.9;
const [pack, unpack] = [promisify(deflate), promisify(inflate)];

/** @throws FileError for what is none */
export const readShard = (bytes: Uint8Array): ShardUnit => readAs(unitSchema, parseJson(bytes, "a shard"), "a shard");

/** A message for a shard that was drawn; puts its pictures away first where they are too large for one. */
export async function packShard(
  cluster: Cluster,
  { set, number }: Pick<ShardUnit, "set" | "number">,
  { pixels, features, ...about }: ShardResult,
): Promise<{ readonly payload: Uint8Array; readonly headers: MsgHdrs }> {
  const deflated = await pack(pixels, { level: 1 });
  const packed = deflated.length < PAYS * pixels.length;
  // Features are noise to a compressor.
  const parts = [packed ? deflated : pixels, ...features];
  const bytes = Buffer.concat(parts);
  const isLarge = bytes.length > MESSAGE_BYTES;
  const object = fileName(setTokens(set), `${number}`);
  if (isLarge) await putFile(cluster, object, bytes);
  const headers = cluster.headers();
  const head: ShardHead = { ...about, packed, parts: parts.map(({ length }) => length), ...(isLarge && { object }) };
  headers.set(HEADER, writeHeader(head));
  return { payload: isLarge ? new Uint8Array() : bytes, headers };
}

/** What a message says of a shard, without its pictures. @throws FileError for what is none */
export function readShardHead(headers: MsgHdrs | undefined): ShardHead {
  const text = headers?.get(HEADER) ?? "";
  return readAs(headSchema, parseJson(text, "a shard's header"), "a shard's header");
}

/** What a message holds. @throws Error where it is not there any more, or has not so many bytes of pictures */
export async function unpackShard(
  cluster: Cluster,
  { packed, object, parts }: ShardHead,
  data: Uint8Array,
  length: number,
): Promise<DrawnShard> {
  const bytes = object === undefined ? data : await getFile(cluster, object);
  const split: Uint8Array[] = [];
  let end = 0;
  for (const size of parts) {
    split.push(bytes.subarray(end, end + size));
    end += size;
  }
  const [first, ...features] = split;
  if (end !== bytes.length) throw new Error(`shard: expected ${end} bytes in all, got ${bytes.length}`);
  const pixels = packed ? await unpack(first!, { maxOutputLength: length }) : first!;
  if (pixels.length !== length) throw new Error(`shard: expected ${length} bytes of pictures, got ${pixels.length}`);
  return { pixels, features };
}
