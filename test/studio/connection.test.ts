import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  FIRST_WAIT_MS,
  keepConnection,
  type Link,
  LONGEST_WAIT_MS,
  WATCH_MS,
} from "../../studio/src/backend/connection.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start() {
  const server = { well: true, asked: 0 };
  const connection = keepConnection(async () => {
    server.asked++;
    if (!server.well) throw new TypeError("no answer");
  });
  const links: Link[] = [];
  const leave = connection.watch((link) => links.push(link));
  return { server, connection, links, leave };
}

test("a lost server is noticed, asked for ever more seldom, and found again", async () => {
  const { server, links } = start();
  await vi.advanceTimersByTimeAsync(3 * WATCH_MS);
  expect(links.map(({ status }) => status)).toEqual(["up"]);
  server.well = false;
  await vi.advanceTimersByTimeAsync(WATCH_MS);
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    const link = links.at(-1)!;
    if (link.status === "down") waits.push(link.retryAt - Date.now());
    await vi.advanceTimersByTimeAsync(waits.at(-1)!);
  }
  expect(waits.slice(0, 3)).toEqual([FIRST_WAIT_MS, 2 * FIRST_WAIT_MS, 4 * FIRST_WAIT_MS]);
  expect(waits.at(-1)).toBe(LONGEST_WAIT_MS);
  server.well = true;
  await vi.advanceTimersByTimeAsync(LONGEST_WAIT_MS);
  expect(links.at(-1)).toEqual({ status: "up" });
});

test("asking at once starts the waits anew, and nobody asks where nobody watches", async () => {
  const { server, connection, links, leave } = start();
  server.well = false;
  expect(await connection.tryNow()).toBe(false);
  expect(links.at(-1)!.status).toBe("down");
  server.well = true;
  expect(await connection.tryNow()).toBe(true);
  server.well = false;
  await connection.tryNow();
  expect(links.at(-1)).toEqual({ status: "down", retryAt: Date.now() + FIRST_WAIT_MS });
  leave();
  const { asked } = server;
  await vi.advanceTimersByTimeAsync(10 * LONGEST_WAIT_MS);
  expect(server.asked).toBe(asked);
});
