import { expect, test } from "vitest";
import { parseLabels, readLabels } from "./labels-file.ts";

test("an array, an object and lines give the same names", () => {
  const expected = ["cat face", "dog", "elk, moose"];
  expect(parseLabels('["cat face", " dog ", "elk, moose"]', "f")).toEqual(expected);
  expect(parseLabels('{"2": "elk, moose", "0": "cat face", "1": "dog"}', "f")).toEqual(expected);
  expect(parseLabels("\ufeffcat face\r\ndog\r\nelk, moose\r\n", "f")).toEqual(expected);
});

test("imagenet is known by name", async () => {
  expect((await readLabels("imagenet"))[207]).toBe("golden retriever");
});

test.each([
  ["a gap between ids", '{"0": "a", "2": "b"}', /f: expected a name .* class 1, got none/],
  ["keys that are no ids", '{"cat": 0}', /f: expected class ids as keys, got "cat"/],
  ["values that are no texts", "[1, 2]", /f: expected a name .* class 0, got 1/],
  ["an empty line between names", "a\n\nb", /class 1, got ""/],
  ["broken JSON", '["a"', /f: expected JSON or one name a line/],
  ["nothing", "", /class 0, got ""/],
])("%s is named", (_, text, message) => {
  expect(() => parseLabels(text, "f")).toThrow(message);
});

test("a missing file is bad usage", async () => {
  await expect(readLabels("no/such.txt")).rejects.toMatchObject({
    name: "UsageError",
    message: /--labels: .*no\/such\.txt.*no such file/,
  });
});
