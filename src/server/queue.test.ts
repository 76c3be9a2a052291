import { expect, test } from "vitest";
import { memoryQueue } from "./queue.ts";

test("a job that is partly claimed takes no place of those that wait, but comes before them", async () => {
  const queue = memoryQueue(1);
  const job = (id: string) => ({ id, key: "same", units: 3 });
  expect(await queue.add(job("a"))).toBe(true);
  expect([await queue.add(job("b")), await queue.length()]).toEqual([false, 1]);
  expect(await queue.claim(2)).toEqual([{ id: "a", first: 0, count: 2 }]);
  expect(await queue.length()).toBe(0);
  expect(await queue.add(job("b"))).toBe(true);
  expect(await queue.add(job("c"))).toBe(false);
  expect([await queue.position("a"), await queue.position("b"), await queue.length()]).toEqual([0, 1, 1]);
  expect(await queue.claim(2)).toEqual([
    { id: "a", first: 2, count: 1 },
    { id: "b", first: 0, count: 1 },
  ]);
  expect([await queue.position("a"), await queue.remove("b"), await queue.claim(2)]).toEqual([undefined, true, []]);
});
