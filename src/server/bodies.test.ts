/** Bodies made to cost much: refused early, in words, and in time that others hardly notice. */
import { expect, test } from "vitest";
import { readBody } from "./body.ts";
import { checkFields, requestSchemas } from "./fields.ts";
import { LONGEST_TEXT } from "./json-shape.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { bodyRoom } from "./pieces.ts";

const BLOCK = 2 ** 16;
const MOST = DEFAULT_LIMITS.bodiesBytes;
const { edit } = requestSchemas({ pictures: 64 });

/** A body in pieces of a size: how many bytes of it were looked at, and how many were read. */
function sent(body: string | Uint8Array, type: string, size = BLOCK) {
  const bytes = Buffer.from(body);
  let at = 0;
  let looked = 0;
  const stream = new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(new Uint8Array(bytes.subarray(at, at + size)));
        at += size;
      },
    },
    { highWaterMark: 0 },
  );
  const request = new Request("http://localhost", {
    method: "POST",
    body: stream,
    headers: { "content-type": type },
    duplex: "half",
  } as RequestInit);
  return {
    read: () =>
      bodyRoom(MOST).use((share) => {
        const take = (count: number): void => {
          looked += count;
          share.take(count);
        };
        return readBody(request, DEFAULT_LIMITS, true, { ...share, take });
      }),
    looked: () => looked,
    taken: () => Math.min(at, bytes.length),
  };
}

const json = (body: string, size?: number) => sent(body, "application/json", size);
const MEGABYTE = 2 ** 20;

test.each<[string, string, string | null]>([
  ["nesting without end", "[".repeat(8 * MEGABYTE), null],
  ["objects in objects", '{"a":'.repeat(MEGABYTE), "a"],
  ["nesting in a field", `{"n":1,"scales":${"[".repeat(17)}${"]".repeat(17)}}`, "scales"],
  [
    "seventeen levels after sixteen",
    `{"scales":${"[".repeat(15)}${"]".repeat(15)},"forbid":${"[".repeat(16)}`,
    "forbid",
  ],
  ["many values", `{"forbid":[${"0,".repeat(4 * MEGABYTE)}0]}`, "forbid"],
  ["many fields", `{${'"a":1,'.repeat(MEGABYTE)}"a":1}`, null],
  ["a long text", `{"prompt":"${"a".repeat(8 * MEGABYTE)}"}`, "prompt"],
  ["a long text in a list", `{"class_labels":["${"a".repeat(8 * MEGABYTE)}"]}`, "class_labels"],
  ["a long text in lists of a picture", `{"image":[["${"a".repeat(8 * MEGABYTE)}"]]}`, "image"],
  ["a long name", `{"${"a".repeat(8 * MEGABYTE)}":1}`, null],
  ["a name in other letters", `{"\\u0070rompt":"${"\\u0061".repeat(MEGABYTE)}"}`, "prompt"],
  ["text that never ends", `{"seed":"${'\\"'.repeat(MEGABYTE)}`, "seed"],
])("JSON: %s is refused by its first part; the rest is dropped, so that the answer arrives", async (_, body, param) => {
  const { read, looked, taken } = json(body);
  await expect(read()).rejects.toMatchObject({ status: 400, param });
  expect(looked()).toBeLessThan(MEGABYTE);
  expect(taken()).toBe(Buffer.byteLength(body));
});

test("JSON: sixteen levels, 65,536 bytes of text and pictures of any length are read, however they are cut", async () => {
  const body = { forbid: [1, "[[[["], image: "A".repeat(200_000), prompt: "a".repeat(LONGEST_TEXT), '\\"': "}{" };
  for (const size of [1021, BLOCK, 2 ** 22]) expect(await json(JSON.stringify(body), size).read()).toEqual(body);
  expect(await json(`${"[".repeat(16)}${"]".repeat(16)}`, 1).read()).toBeInstanceOf(Array);
});

const form = (body: string | Uint8Array, size?: number) => sent(body, "multipart/form-data; boundary=x", size);
const part = (name: string, value: string) =>
  `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

test.each<[string, string, string | null]>([
  ["parts without end", part("forbid", "1").repeat(200_000), null],
  ["many fields of many names", Array.from({ length: 20_000 }, (_, i) => part(`a${i}`, "1")).join(""), null],
  ["a long header", `--x\r\ncontent-disposition: form-data; name="${"a".repeat(MEGABYTE)}"`, null],
  ["many headers", `--x\r\n${"a: b\r\n".repeat(MEGABYTE)}`, null],
  ["a part without a name", "--x\r\ncontent-type: text/plain\r\n\r\n1\r\n--x--", null],
  ["no end", part("seed", "1"), null],
  ["a preamble without end", "\r\n".repeat(MEGABYTE), null],
  ["a long text", `${part("prompt", "a".repeat(LONGEST_TEXT + 1))}--x--`, "prompt"],
  ["white space in a size", `${part("size", `1${" ".repeat(MEGABYTE)}!`)}--x--`, "size"],
  ["nesting in a list", `${part("scales", "[".repeat(60_000))}--x--`, "scales"],
  ["a file where text is due", `--x\r\ncontent-disposition: form-data; name="n"; filename="a"\r\n\r\n1\r\n--x--`, "n"],
  ["bytes that are no text", `${part("user", "\u00ff")}--x--`, "user"],
])("form: %s is refused", async (_, body, param) => {
  const start = performance.now();
  const bytes = param === "user" ? Buffer.from(body, "latin1") : body;
  await expect(form(bytes).read()).rejects.toMatchObject({ status: 400, param });
  expect(performance.now() - start).toBeLessThan(20_000);
});

test("a form is read however it is cut, with something after its end or nothing", async () => {
  const image = Buffer.from(Uint8Array.from({ length: 70_000 }, (_, i) => i));
  const file = Buffer.concat([
    Buffer.from(
      '--x\r\ncontent-disposition: form-data; name="image"; filename="ä.png"\r\ncontent-type: image/png\r\n\r\n',
    ),
    image,
  ]);
  const body = Buffer.concat([Buffer.from(part("prompt", "ü")), file, Buffer.from("\r\n--x--")]);
  for (const end of ["", "\r\n", "\r\nepilogue"])
    for (const size of [1, 7, 1000, body.length, body.length + 2])
      expect(await form(Buffer.concat([body, Buffer.from(end)]), size).read()).toEqual({
        prompt: "ü",
        image: image.toString("base64"),
      });
});

test("a boundary that is none is refused", async () => {
  for (const type of [
    "multipart/form-data",
    'multipart/form-data; boundary=""',
    `multipart/form-data; boundary=${"x".repeat(71)}`,
  ])
    await expect(sent("--x", type).read()).rejects.toMatchObject({ status: 400, code: "invalid_form" });
});

test("the largest lists that are let in are refused field by field in little time", () => {
  const wrong = [1.5, "", {}, [[[]]], null, true];
  for (const value of wrong)
    for (const field of ["class_labels", "scales", "forbid", "size", "seed"]) {
      const start = performance.now();
      expect(() => checkFields(edit, { image: "AAAA", [field]: Array(16_000).fill(value) })).toThrow(/: expected /);
      expect(performance.now() - start).toBeLessThan(5000);
    }
});

test("bodies share their room, and give it back whatever comes of them", async () => {
  const room = bodyRoom(10);
  let end = (): void => {};
  const first = room.use(async ({ take }) => {
    take(8);
    await new Promise<void>((resolve) => {
      end = resolve;
    });
  });
  const more = () => room.use(async ({ take }) => take(3));
  await expect(more()).rejects.toMatchObject({ status: 429, retryAfter: 1 });
  end();
  await first;
  await more();
  await expect(room.use(async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await room.use(async ({ take }) => take(10));
});

test("between two that look at bodies, everything else has its turn", async () => {
  const room = bodyRoom(MOST);
  const seen: string[] = [];
  const look = (name: string) =>
    room.use(async ({ take, turn }) => {
      take(100_000);
      await turn();
      seen.push(name);
      setTimeout(() => seen.push(`after ${name}`), 0);
      const until = performance.now() + 5;
      while (performance.now() < until);
    });
  await Promise.all(["a", "b", "c"].map(look));
  expect(seen).toEqual(["a", "after a", "b", "after b", "c"]);
});
