/** A photograph's XMP packet carried into an edited copy: upright, and without the pictures that it may hold. */

/** Elements that hold pictures of the photograph as it was: previews, and what phones keep beside it. */
const PICTURES: readonly string[] = ["xmp:Thumbnails", "xap:Thumbnails", "GImage:Data", "GDepth:Data", "GAudio:Data"];
/** Words that a packet with a picture in it under another prefix has. */
const SUSPECT = /thumbnail|:image>|base64/i;
const LONGEST = 65_000;

/** The packet without pictures; nothing where it is not to be trusted to have none, is too long, or is not text. */
export function editedXmp(xmp: Uint8Array): Uint8Array | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(xmp);
  } catch {
    return undefined;
  }
  for (const name of PICTURES) text = without(text, name);
  if (SUSPECT.test(text) || text.length > LONGEST) return undefined;
  return new TextEncoder().encode(
    text
      .replace(/tiff:Orientation="\d{1,3}"/g, 'tiff:Orientation="1"')
      .replace(/<tiff:Orientation>\d{1,3}</g, "<tiff:Orientation>1<"),
  );
}

/** A text without the elements of a name. One that is not closed cuts the rest. */
function without(text: string, name: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = text.indexOf(`<${name}`); at !== -1; at = text.indexOf(`<${name}`, from)) {
    parts.push(text.slice(from, at));
    const end = text.indexOf(`</${name}>`, at);
    from = end === -1 ? text.length : end + name.length + 3;
    if (end === -1) break;
  }
  return parts.join("") + text.slice(from);
}
