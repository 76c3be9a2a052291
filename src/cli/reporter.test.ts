import { describe, expect, test } from "vitest";
import { createReporter, seconds } from "./reporter.ts";

const CLEAR = "\r\u001b[K";

function recorder(redraws: boolean) {
  const said: string[] = [];
  let time = 0;
  const terminal = { out() {}, err: (text: string) => void said.push(text), redraws, columns: 60 };
  return { said, reporter: createReporter(terminal, () => time), wait: (ms: number) => (time += ms) };
}

describe("away from a terminal", () => {
  test("plain lines, at most one in two seconds, and the last", () => {
    const { said, reporter, wait } = recorder(false);
    reporter.progress(1, 10, "one");
    wait(2500);
    reporter.progress(2, 10, "two");
    reporter.progress(3, 10, "three");
    reporter.progress(10, 10, "ten");
    reporter.finish();
    expect(said).toEqual([" 20% two\n", "100% ten\n"]);
  });
});

describe("on a terminal", () => {
  test("a bar that is redrawn in place, fits the line, and makes room for messages", () => {
    const { said, reporter, wait } = recorder(true);
    wait(1000);
    reporter.progress(5, 10, `half ${"x".repeat(80)}`);
    const bar = said[0]!;
    expect(bar.startsWith(CLEAR)).toBe(true);
    expect(bar.slice(CLEAR.length)).toMatch(/^█{12}░{12} 50% half x+$/);
    expect(bar.length - CLEAR.length).toBe(59);
    reporter.log("a message");
    expect(said.slice(1)).toEqual([CLEAR, "a message\n", bar.slice(CLEAR.length)]);
    reporter.finish();
    reporter.finish();
    expect(said.slice(4)).toEqual([CLEAR]);
  });

  test("the time left follows the pace so far", () => {
    const { said, reporter, wait } = recorder(true);
    wait(3000);
    reporter.progress(1, 4, "a");
    expect(said[0]).toMatch(/ 25% a, 9\.0 s left$/);
    reporter.progress(2, 4, "a", 5000);
    expect(said[1]).toMatch(/ 50% a, 5\.0 s left$/);
  });
});

test("times for people", () => {
  expect([840, 9949, 9951, 59_400, 59_600, 185_000].map(seconds)).toEqual([
    "0.8 s",
    "9.9 s",
    "10 s",
    "59 s",
    "1 min 0 s",
    "3 min 5 s",
  ]);
});
