/** Hostile requests, each with the answer it must get. Every kind has found, or could find, a server that does more than refuse. */

/** One request: what is sent, and what must come back. */
export interface HostileCase {
  readonly name: string;
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Statuses that are right; 400 by default. */
  readonly status?: readonly number[];
  /** The field at fault; null where none is. Left out where it may be either. */
  readonly param?: string | null | undefined;
}

const JSON_TYPE = { "content-type": "application/json" };
const GENERATIONS = "/v1/images/generations";
const EDITS = "/v1/images/edits";
const MEGABYTE = 2 ** 20;
/** A PNG of one pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

const generation = (name: string, fields: object, param: string | null, status?: readonly number[]): HostileCase => ({
  name: `generation: ${name}`,
  path: GENERATIONS,
  headers: JSON_TYPE,
  body: JSON.stringify({ class_labels: [0], ...fields }),
  param,
  ...(status && { status }),
});
const edit = (name: string, fields: object, param: string, status?: readonly number[]): HostileCase => ({
  name: `edit: ${name}`,
  path: EDITS,
  headers: JSON_TYPE,
  body: JSON.stringify({ class_labels: [0], image: PIXEL, ...fields }),
  param,
  ...(status && { status }),
});
const raw = (name: string, body: string | Uint8Array<ArrayBuffer>, param: string | null | undefined): HostileCase => ({
  name: `body: ${name}`,
  path: EDITS,
  headers: JSON_TYPE,
  body,
  param,
});

/** Values of types that no field has, or that few have. */
const WRONG: readonly (readonly [string, unknown])[] = [
  ["an object", { a: 1 }],
  ["a list in lists", [[["x"]]]],
  ["a fraction", 1.5],
  ["a huge number", 1e300],
  ["a negative number", -1],
  ["true", true],
  ["a long text", "x".repeat(20_000)],
];
/** Fields, and which of the values above they take. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  class_labels: [],
  prompt: [],
  n: [],
  seed: [],
  size: [],
  num_inference_steps: [],
  step_table: [],
  scales: [],
  guidance_scale: ["a fraction"],
  guidance_mode: [],
  top_k: [],
  top_p: [],
  temperature: ["a fraction"],
  greedy: [],
  max_grid: [],
  forbid: [],
  user: [],
  response_format: [],
  output_format: [],
  stream: ["true"],
  partial_images: [],
  async: ["true"],
  first_index: [],
  style: [],
  guidance_until: [],
  entropy_temperature: [],
};
const wrongTypes = Object.entries(FIELDS).flatMap(([field, takes]) =>
  WRONG.filter(([what]) => !takes.includes(what)).map(([what, value]) =>
    generation(`${field} is ${what}`, { [field]: value }, field),
  ),
);

const EDIT_FIELDS = ["image", "mask", "mask_mode", "task", "left", "ratio", "strength", "window", "fill", "whole"];
const wrongEdits = EDIT_FIELDS.flatMap((field) =>
  WRONG.filter(
    ([what]) => !(field === "whole" && what === "true") && !(field === "ratio" && /fraction|number/.test(what)),
  )
    .filter(([what]) => !(field === "strength" && what === "a fraction"))
    .map(([what, value]) => edit(`${field} is ${what}`, { [field]: value }, field)),
);

/** Texts that a check which goes back and forth takes hours for; each in an image, and in a mask. */
const BASE64: readonly (readonly [string, string])[] = [
  ["50 KB and a wrong letter", `${"A".repeat(50_000)}!`],
  ["5 MB and a wrong letter", `${"A".repeat(5 * MEGABYTE)}!`],
  ["white space and a wrong letter", `A${" ".repeat(5 * MEGABYTE)}!`],
  ["white space and letters by turns", `${"A \n".repeat(MEGABYTE)}!`],
  ["padding without end", `AAAA${"=".repeat(5 * MEGABYTE)}`],
  ["padding and white space by turns", `AAAA${"= ".repeat(MEGABYTE)}`],
  ["white space alone", " ".repeat(5 * MEGABYTE)],
  ["a data URL of a long type", `data:image/${"a".repeat(MEGABYTE)};base64,AAAA`],
  ["an address", "http://169.254.169.254/latest/meta-data"],
  ["a path", "file:///etc/passwd"],
  ["letters that are no picture", "A".repeat(MEGABYTE)],
];
const slowTexts = BASE64.flatMap(([name, text]) => [
  edit(`image: ${name}`, { image: text }, "image"),
  edit(`mask: ${name}`, { mask: text }, "mask"),
]);

const svg = (inside: string): string =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${inside}</svg>`).toString("base64");
const BLUR = '<filter id="a"><feGaussianBlur stdDeviation="400"/><feTurbulence numOctaves="90"/></filter>';
const pictures = [
  edit("a vector picture", { image: svg("<rect/>") }, "image"),
  edit(
    "a vector picture with filters",
    { image: svg(BLUR + '<rect filter="url(#a)" width="9999" height="9999"/>'.repeat(60)) },
    "image",
  ),
  edit("a vector picture of foreign files", { image: svg('<image href="file:///etc/passwd"/>') }, "image"),
  edit("a page", { image: Buffer.from("<html></html>").toString("base64") }, "image"),
  edit("a PDF", { image: Buffer.from("%PDF-1.7\n").toString("base64") }, "image"),
  edit("half a PNG", { image: PIXEL.slice(0, 60) }, "image"),
  edit("a PNG that claims 65,535 by 65,535 pixels", { image: claims(65_535, 65_535) }, "image"),
  edit("a PNG that claims 2^31 - 1 pixels a side", { image: claims(2 ** 31 - 1, 2 ** 31 - 1) }, "image"),
  edit(
    "a GIF of nothing",
    { image: Buffer.from("GIF89a\u00ff\u00ff\u00ff\u00ff", "latin1").toString("base64") },
    "image",
  ),
  edit(
    "a TIFF of nothing",
    { image: Buffer.from("II*\u0000\u0008\u0000\u0000\u0000", "latin1").toString("base64") },
    "image",
  ),
];

/** The PNG above with other sides in its header. */
function claims(width: number, height: number): string {
  const png = Buffer.from(PIXEL, "base64");
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  return png.toString("base64");
}

/** Work out of all proportion. */
const costs = [
  generation("16,384 pixels a side", { size: "16384x16384" }, "size"),
  generation("a strip of 16,384 pixels", { size: "16384x1024" }, "size"),
  generation("a size beyond all bounds", { size: "999999x999999" }, "size"),
  generation("a grid of 1024 by 1024", { scales: "1,1024" }, "scales"),
  generation("a grid of 1024 by 1024 as JSON", { scales: [1, [1024, 1024]] }, "scales"),
  generation("a second grid of 256 by 256", { scales: [1, [256, 256]] }, "scales"),
  generation("2048 pixels", { size: "2048x2048" }, "size"),
  generation("a strip in windows", { size: "16384x64", large: "windows" }, "size"),
  generation("a sea of windows", { size: "8192x8192", large: "windows" }, "size"),
  generation("grids of one row", { scales: "1,1x16384" }, "scales"),
  generation("65 guidance scales", { guidance_scale: Array(65).fill(2) }, "guidance_scale"),
  generation("a guidance without end", { guidance_scale: `${"2,".repeat(5000)}2` }, "guidance_scale"),
  generation("a top-k from something to off", { top_k: { from: 9, to: 0 } }, "top_k"),
  generation("a style that is none", { style: "vivid" }, "style"),
  generation("a style of a million weights", { style: "noto:1,".repeat(140) }, "style"),
  generation("a group of no model", { class_labels: ["toString", "__proto__"] }, "class_labels"),
  generation("sixty-five scales", { scales: Array(65).fill(1) }, "scales"),
  generation("scales beyond all bounds", { scales: `1,${"9".repeat(400)}` }, "scales"),
  generation("a million pictures", { n: 1_000_000 }, "n"),
  generation("many labels", { class_labels: Array(2000).fill(0) }, "n"),
  generation("labels times pictures", { class_labels: Array(64).fill(0), n: 64 }, "n"),
  generation("steps without end", { num_inference_steps: 65 }, "num_inference_steps"),
  generation("many partial pictures", { stream: true, partial_images: 65 }, "partial_images"),
  generation("partial pictures without a stream", { partial_images: "all" }, "partial_images"),
  generation("names that are none", { class_labels: Array(1000).fill("zzzz zzzz") }, "class_labels"),
  generation(
    "a prompt of ten thousand commas",
    { class_labels: undefined, prompt: ",".repeat(10_000) },
    "class_labels",
  ),
  generation("a prompt of quotes", { class_labels: undefined, prompt: '"'.repeat(9999) }, "class_labels"),
  generation("another model", { model: "../../etc/passwd" }, "model", [404]),
  edit("a canvas without end", { task: "outpaint", right: 16_384, bottom: 16_384 }, "outpaint"),
  edit("a ratio without end", { task: "expand", ratio: "1e9:1" }, "ratio"),
  edit("a strength beyond 1", { task: "refine", size: "128x128", strength: 2 }, "strength"),
  edit("a whole picture of 2048 pixels", { task: "refine", size: "2048x2048", whole: true }, "whole"),
  edit("refining to 16,384 pixels", { task: "refine", size: "16384x16384" }, "size"),
  edit("a ratio of white space", { task: "expand", ratio: `1${" ".repeat(30_000)}!` }, "ratio"),
];

const bodies = [
  raw("lists in lists", "[".repeat(30 * MEGABYTE), null),
  raw("lists in a field", `{"scales":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, "scales"),
  raw("seventeen levels", `{"scales":${"[".repeat(17)}${"]".repeat(17)}}`, "scales"),
  raw("objects in objects", '{"a":'.repeat(MEGABYTE), "a"),
  raw("many values", `{"forbid":[${"0,".repeat(10 * MEGABYTE)}0]}`, "forbid"),
  raw("many fields", `{${'"a":1,'.repeat(MEGABYTE)}"a":1}`, null),
  raw("a long name", `{"${"a".repeat(10 * MEGABYTE)}":1}`, null),
  raw("a long text", `{"prompt":"${"a".repeat(30 * MEGABYTE)}"}`, "prompt"),
  raw("backslashes", `{"image":"${"\\".repeat(10 * MEGABYTE)}`, "image"),
  raw("lines and a fault", `${"\n".repeat(20 * MEGABYTE)}x`, null),
  raw("nothing", "", null),
  raw("no object", "7", null),
  raw("null", "null", null),
  raw("a list", "[{}]", null),
  raw("half an object", '{"image":', "image"),
  raw("NaN", '{"seed":NaN}', "seed"),
  raw("a number beyond all bounds", '{"seed":1e999}', "seed"),
  raw("no UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), null),
  raw("UTF-16", new Uint8Array(Buffer.from('\ufeff{"a":1}', "utf16le")), null),
  raw("a prototype", '{"__proto__":{"image":"AAAA"}}', undefined),
  raw("a constructor", '{"constructor":{"prototype":1},"image":"AAAA"}', "constructor"),
  raw("an unknown field", '{"image":"AAAA","nonsense":1}', "nonsense"),
  { ...raw("more than the bound", "x".repeat(33 * MEGABYTE), null), status: [413] },
  {
    ...raw("a claim of more than the bound", "", null),
    headers: { ...JSON_TYPE, "x-claims": "99999999999" },
    status: [413, 400],
  },
];

const part = (name: string, value: string): string =>
  `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
const form = (name: string, body: string, param: string | null | undefined): HostileCase => ({
  name: `form: ${name}`,
  path: EDITS,
  headers: { "content-type": "multipart/form-data; boundary=x" },
  body,
  param,
});
const forms = [
  form("parts without end", part("forbid", "1").repeat(400_000), null),
  form("a long header", `--x\r\ncontent-disposition: form-data; name="${"a".repeat(8 * MEGABYTE)}"`, null),
  form("many headers", `--x\r\n${"a: b\r\n".repeat(MEGABYTE)}`, null),
  form("no end", part("seed", "1"), null),
  form("no beginning", "hello", null),
  form("nothing", "", null),
  form("a part without a name", "--x\r\ncontent-type: text/plain\r\n\r\n1\r\n--x--", null),
  form("nearly boundaries", `${part("image", "\r\n--".repeat(2 * MEGABYTE))}--x--`, "image"),
  form("base64 and a wrong letter", `${part("image", `${"A".repeat(5 * MEGABYTE)}!`)}--x--`, "image"),
  form("base64 and white space", `${part("image", `A${" ".repeat(5 * MEGABYTE)}!`)}--x--`, "image"),
  form("white space in a size", `${part("size", `1${" ".repeat(MEGABYTE)}!`)}--x--`, "size"),
  form("white space in names", `${part("class_labels", " ".repeat(60_000))}--x--`, undefined),
  form("quotes in names", `${part("class_labels", '"'.repeat(60_000))}--x--`, undefined),
  form("lists in a list", `${part("scales", "[".repeat(60_000))}--x--`, "scales"),
  form(
    "a file where text is due",
    `--x\r\ncontent-disposition: form-data; name="seed"; filename="a"\r\n\r\n1\r\n--x--`,
    "seed",
  ),
  form("one field twice", `${part("seed", "1")}${part("seed", "2")}--x--`, "seed"),
  form("a prototype", `${part("__proto__", "1")}--x--`, undefined),
  { ...form("no boundary", "--x--", null), headers: { "content-type": "multipart/form-data" } },
  {
    ...form("a long boundary", "--x--", null),
    headers: { "content-type": `multipart/form-data; boundary=${"x".repeat(5000)}` },
  },
  {
    ...form("another type", "a=b", null),
    headers: { "content-type": "application/x-www-form-urlencoded" },
    status: [415],
  },
  { ...form("XML", "<a/>", null), headers: { "content-type": "text/xml" }, status: [415] },
];

const get = (name: string, path: string, status: readonly number[], headers?: Record<string, string>): HostileCase => ({
  name: `path: ${name}`,
  method: "GET",
  path,
  status,
  ...(headers && { headers }),
});
const paths = [
  get("out of the site", "/../../etc/passwd", [404]),
  get("out of the site, encoded", "/%2e%2e/%2e%2e/etc/passwd", [404]),
  get("out of the site, encoded twice", "/%252e%252e/etc/passwd", [404]),
  get("a zero", "/index.html%00.png", [404]),
  get("broken encoding", "/%E0%A4%A", [404]),
  get("a long path", `/${"a".repeat(8000)}`, [404]),
  get("slashes", `/${"/".repeat(8000)}`, [404, 421, 400]),
  get("a job that is none", "/v1/jobs/../../etc", [404]),
  get("a job with a broken name", "/v1/jobs/%E0", [404]),
  get("a model that is none", `/v1/models/${"a".repeat(4000)}`, [404]),
  get("another method", GENERATIONS, [405]),
  get("a foreign name", "/v1/models", [421], { host: "evil.example" }),
  get("a name that begins like ours", "/v1/models", [421], { host: "127.0.0.1.evil.example" }),
  get("a foreign origin", "/v1/models", [403], { origin: "https://evil.example" }),
  get("a foreign site", "/v1/models", [403], { "sec-fetch-site": "cross-site" }),
  { name: "path: a method of no kind", method: "PROPFIND", path: "/", status: [405, 404] },
];

export const CORPUS: readonly HostileCase[] = [
  ...wrongTypes,
  ...wrongEdits,
  ...slowTexts,
  ...pictures,
  ...costs,
  ...bodies,
  ...forms,
  ...paths,
];

/** Bytes that are no HTTP, or only begin as such: sent on a bare connection, answered with 4xx or hung up on. */
export const RAW: readonly (readonly [name: string, bytes: string])[] = [
  ["nothing", ""],
  ["noise", "\u0000\u00ff\u0000\u00ff".repeat(1000)],
  ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000"],
  ["a head without end", `GET / HTTP/1.1\r\nhost: localhost\r\n${"a: b\r\n".repeat(20_000)}`],
  ["a long header", `GET / HTTP/1.1\r\nhost: localhost\r\na: ${"b".repeat(200_000)}\r\n\r\n`],
  ["no host", "GET / HTTP/1.1\r\n\r\n"],
  [
    "two lengths",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
  ],
  [
    "a length and chunks",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  [
    "broken chunks",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\nZZ\r\n",
  ],
  ["a slow head", "GET / HTTP/1.1\r\nhost: loc"],
  [
    "a slow body",
    "POST /v1/images/edits HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{",
  ],
  ["a foreign address", "GET http://evil.example/v1/models HTTP/1.1\r\nhost: evil.example\r\n\r\n"],
  ["a tunnel", "CONNECT evil.example:80 HTTP/1.1\r\nhost: evil.example\r\n\r\n"],
];
