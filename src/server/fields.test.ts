import { expect, test } from "vitest";
import { checkFields, requestSchemas } from "./fields.ts";

const { generation, edit } = requestSchemas({ pictures: 64 });

const long = "x".repeat(20_000);
const fields = [...new Set([...Object.keys(generation.shape), ...Object.keys(edit.shape)])];
const values: unknown[] = [
  ...["", "x", long, true, 1.5, -1, 1e9, 1e300, Number.NaN],
  ...[{}, { a: 1 }, [], [1.5], ["x"], [""], [true], [[0, 1]], [[1, 2, 3]], [{}], Array(70).fill(1), [long]],
];

test("every value of every field is taken or refused in words of ours, briefly", () => {
  for (const schema of [generation, edit])
    for (const key of fields)
      for (const value of values) {
        let message = `${key}: expected all, got nothing`;
        try {
          checkFields(schema, { image: "AAAA", [key]: value });
        } catch (error) {
          message = (error as Error).message;
        }
        expect(message).toMatch(/^[\w.]+: expected /);
        expect(message).not.toMatch(/Invalid|received|undefined|Too (big|small)|another value|>=|<=/);
        if (!message.includes("expected one of class_labels")) expect(message.length).toBeLessThan(330);
      }
});

test.each([
  [{ task: "x" }, 'task: expected one of inpaint, outpaint, expand, refine, got "x"'],
  [{ mask_mode: 3 }, "mask_mode: expected one of auto, white, alpha, got 3"],
  [{ image: undefined }, "image: expected a picture in base64, got nothing"],
  [{ mask: 7 }, "mask: expected a picture in base64, got 7"],
  [{ stream: "yes" }, 'stream: expected true or false, got "yes"'],
  [{ quality: "hd" }, 'quality: expected auto or standard (num_inference_steps chooses), got "hd"'],
  [{ image: ["AAAA", "AAAA"] }, "image: expected one picture, got 2"],
  [{ image: [] }, "image: expected one picture, got 0"],
  [{ model: 4 }, "model: expected text, got 4"],
  [{ model: "x".repeat(201) }, "model: expected at most 200 characters, got 201"],
  [{ n: 0 }, "n: expected a whole number from 1 to 64, got 0"],
  [{ left: -1 }, "left: expected a whole number from 0 to 16384, got -1"],
  [{ partial_images: 1.5 }, "partial_images: expected a whole number from 0 to 64, got 1.5"],
  [{ partial_images: "some" }, 'partial_images: expected all or a whole number from 0 to 64, got "some"'],
  [{ ratio: [] }, "ratio: expected width to height such as 2:1, got []"],
  [{ class_labels: "x" }, 'class_labels: expected auto, none or a list of class ids or names, got "x"'],
  [{ class_labels: [1, 1.5] }, "class_labels.1: expected a whole number from 0 to 2147483648, got 1.5"],
  [{ scales: [] }, "scales: expected at least 1 entry, got 0"],
  [{ scales: [1, [0, 2]] }, "scales.1.0: expected a whole number from 1 to 1024, got 0"],
  [{ scales: true }, "scales: expected a list of grids such as 1,2,4x6, got true"],
  [{ forbid: 3 }, "forbid: expected a list, got 3"],
  [
    { top_k: {} },
    "top_k: expected a number, a list by scale such as [4, 4, 2] or 4,4,2, or from..to such as 0.9..0.7, got {}",
  ],
  [{ guidance_scale: { from: 1, to: 2, by: 1 } }, "guidance_scale: expected a number, a list by scale"],
  [{ temperature: [1, 0] }, "temperature.1: expected a number above 0 and at most 100, got 0"],
  [{ guidance_until: "4x6" }, `guidance_until: expected none or a grid's side such as 13, got "4x6"`],
  [{ greedy: 3 }, "greedy: expected text, got 3"],
  [{ size: {} }, "size: expected auto or a size such as 256 or 512x256 (width x height, pixels), got {}"],
])("%j", (fields, message) => {
  expect(() => checkFields(edit, { image: "AAAA", ...fields })).toThrow(message);
});

test("numbers by scale are taken in every form", () => {
  const fields = {
    guidance_scale: [4, 2],
    top_k: "9..3",
    top_p: { from: 0.9, to: 0.5 },
    temperature: "1,0.8",
    greedy: "13+",
  };
  const all = { ...fields, guidance_until: 13, entropy_temperature: "paper" };
  expect(checkFields(generation, all)).toEqual(all);
});
