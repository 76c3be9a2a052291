/** Pictures and large texts on the wire: as the payload of a message where one holds them, else as an object that it names. */
import type { MsgHdrs } from "@nats-io/transport-node";
import { ApiError, type MadePicture } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { MESSAGE_BYTES } from "./layout.ts";
import { type PictureHead, read, write } from "./messages.ts";

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

/** A message for a picture; puts it away first where it is too large for one. */
export async function packPicture(
  cluster: Cluster,
  job: string,
  { png, ...rest }: PlacedPicture,
): Promise<{ readonly payload: Uint8Array; readonly headers: MsgHdrs }> {
  const { headers } = await import("@nats-io/transport-node");
  const isLarge = png.length > MESSAGE_BYTES;
  const object = fileName(job, `${rest.at}.${rest.scale.isLast ? "done" : rest.scale.index}`);
  if (isLarge) await putFile(cluster, object, png);
  const head: PictureHead = { ...rest, ...(isLarge && { object }) };
  const made = headers();
  // Headers are ASCII; names of classes need not be.
  made.set(HEADER, encodeURIComponent(write(head)));
  return { payload: isLarge ? new Uint8Array() : png, headers: made };
}

/** The picture of a message. */
export async function unpackPicture(
  cluster: Cluster,
  message: { readonly data: Uint8Array; readonly headers?: MsgHdrs | undefined; readonly header?: MsgHdrs },
): Promise<PlacedPicture> {
  const text = (message.headers ?? message.header)?.get(HEADER) ?? "";
  const { object, ...head } = read.picture(decodeURIComponent(text));
  const png = object === undefined ? message.data : await getFile(cluster, object);
  return { ...head, png };
}
