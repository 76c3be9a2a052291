/** Pictures and large texts on the wire: as the payload of a message where one holds them, else as an object that it names. */
import type { MsgHdrs } from "@nats-io/transport-node";
import { ApiError, type MadePicture } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { MESSAGE_BYTES } from "./layout.ts";
import { type PictureHead, read, writeHeader } from "./messages.ts";

const HEADER = "Flexvar-Picture";

/** A picture and where it was drawn. */
export type PlacedPicture = MadePicture & { readonly fingerprint: string };

/** Puts bytes away under a name. */
export async function putFile({ files }: Cluster, name: string, bytes: Uint8Array): Promise<void> {
  await files.putBlob({ name }, bytes);
}

/** @throws ApiError where none has the name (any more), NATS's faults else */
export async function getFile({ files }: Cluster, name: string): Promise<Uint8Array> {
  const bytes = await files.getBlob(name);
  if (bytes === null)
    throw new ApiError(410, `cluster: expected the object ${name}, got none (any more)`, { code: "object_gone" });
  return bytes;
}

/** Forgets objects that nobody needs any more; those that cannot be taken out now expire. */
export function dropFiles({ files }: Cluster, names: readonly string[]): void {
  for (const name of names) void files.delete(name).catch(() => undefined);
}

/** The name of a job's object. */
export const fileName = (job: string, what: string): string => `${job}.${what}`;

/** A message for a picture, or for none; puts it away first where it is too large for one. */
export async function packPicture(
  cluster: Cluster,
  job: string,
  picture: PlacedPicture | undefined,
): Promise<{ readonly payload: Uint8Array; readonly headers: MsgHdrs }> {
  const headers = cluster.headers();
  if (picture === undefined) return { payload: new Uint8Array(), headers };
  const { png, ...rest } = picture;
  const isLarge = png.length > MESSAGE_BYTES;
  const object = fileName(job, `${rest.at}.${rest.scale.isLast ? "done" : rest.scale.index}`);
  if (isLarge) await putFile(cluster, object, png);
  const head: PictureHead = { ...rest, ...(isLarge && { object }) };
  headers.set(HEADER, writeHeader(head));
  return { payload: isLarge ? new Uint8Array() : png, headers };
}

/** A message as it comes, or as it was kept. */
export interface Told {
  readonly data: Uint8Array;
  readonly headers?: MsgHdrs | undefined;
  readonly header?: MsgHdrs;
}

export const headerOf = ({ headers, header }: Told, name: string): string => (headers ?? header)?.get(name) ?? "";

/** The picture of a message; undefined of one without. */
export async function unpackPicture(cluster: Cluster, message: Told): Promise<PlacedPicture | undefined> {
  const text = headerOf(message, HEADER);
  if (text === "") return undefined;
  const { object, ...head } = read.picture(text);
  const png = object === undefined ? message.data : await getFile(cluster, object);
  return { ...head, png };
}
