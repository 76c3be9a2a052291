import fc from "fast-check";
import { expect, test } from "vitest";
import { type Allowance, callerOf, memoryBooks, taken } from "./callers.ts";

const allowance: Allowance = { perMinute: 60, burst: 10 };

test("a full bucket gives its burst at once, then what comes back", async () => {
  let now = 1e12;
  const books = memoryBooks(allowance, () => now);
  expect(await books.take("a", 10)).toBe(0);
  // One picture's work a second.
  expect(await books.take("a", 3)).toBe(3000);
  expect(await books.take("b", 10)).toBe(0);
  now += 2999;
  expect(await books.take("a", 3)).toBe(1);
  now += 1;
  expect(await books.take("a", 3)).toBe(0);
  expect(await books.take("a", 1)).toBe(1000);
  // Put back, it can be taken again.
  expect(await books.take("a", -3)).toBe(0);
  expect(await books.take("a", 3)).toBe(0);
  // What is worth more than a bucket waits for a full one.
  now += 10_000;
  expect(await books.take("a", 1000)).toBe(0);
  expect(await books.take("a", 1000)).toBe(10_000);
});

test("over any time no caller gets more than the burst and what came back", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 12 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(steps, (all) => {
      let [now, full, got] = [0, 0, 0];
      for (const [passed, worth] of all) {
        now += passed;
        const outcome = taken(full, worth, allowance, now);
        if ("full" in outcome) {
          full = outcome.full;
          got += Math.min(worth, allowance.burst);
        } else expect(taken(full, worth, allowance, now + outcome.waitMs)).toHaveProperty("full");
      }
      expect(got).toBeLessThanOrEqual(allowance.burst + now / 1000 + 0.001);
    }),
  );
});

test.each([
  ["10.0.0.7", "IPv4", "10.0.0.7"],
  ["::ffff:10.0.0.7", "IPv6", "::ffff:10.0.0.7"],
  ["2001:db8:1:2:3:4:5:6", "IPv6", "2001:db8:1:2"],
])("callers at %s are told apart by address", (remoteAddress, remoteFamily, expected) => {
  const context = {
    env: { incoming: { socket: { remoteAddress, remotePort: 1, remoteFamily } } },
    req: { header: () => "theirs" },
  };
  expect(callerOf(context as never, undefined)).toBe(expected);
  expect(callerOf(context as never, "x-forwarded-for")).toBe("theirs");
});
