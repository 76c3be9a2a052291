/** Pictures of the gallery as one ZIP. */
import { zip } from "fflate";
import { fileName } from "../state/gallery.ts";
import type { KeptPicture } from "../state/library.ts";

/** PNG files with their settings inside, each under a name of its own. */
export async function zipOf(pictures: readonly KeptPicture[]): Promise<Blob> {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const picture of pictures) files[freeName(fileName(picture), files)] = await bytesOf(picture.image);
  const bytes = await new Promise<Uint8Array<ArrayBuffer>>((done, fail) =>
    // PNG files are packed already.
    zip(files, { level: 0 }, (error, data) => (error ? fail(error) : done(data as Uint8Array<ArrayBuffer>))),
  );
  return new Blob([bytes], { type: "application/zip" });
}

const bytesOf = async (file: Blob): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await file.arrayBuffer());

/** `heart-7-0.png`, or where that is taken `heart-7-0-2.png`. */
export function freeName(name: string, taken: object): string {
  for (let number = 1; ; number++) {
    const one = number === 1 ? name : name.replace(/(\.\w+)?$/, `-${number}$1`);
    if (!Object.hasOwn(taken, one)) return one;
  }
}
