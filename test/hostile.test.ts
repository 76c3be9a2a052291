/** A server that no request can stop: the corpus against a live one, whose health is asked for all the while. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient, type ErrorBody } from "../src/client/index.ts";
import { CORPUS, RAW } from "./hostile/corpus.ts";
import { exchange, type Reply, send } from "./hostile/send.ts";
import { type RunningServer, startServer } from "./studio/server.ts";
import { buildCli } from "./support/cli.ts";
import { projectRoot } from "./support/imports.ts";

const SERVE = ["serve", "--model", "emoji", "--threads", "1", "--port", "0", "--log-level", "error"];
/**
 * The longest answer of /healthz, and how often it is asked, in ms. The bar is 1 s on a machine without other work, which the printed line
 * shows; beside other tests an answer is told from hanging only.
 */
const ANSWER_MS = 5000;
const ASK_MS = 100;
/** Of a stop: without work, and beyond the grace time (20 s). */
const STOP_MS = 5000;
const GRACE_MS = 20_000;
const MEGABYTE = 2 ** 20;

let server: RunningServer;
let port: number;
/** How much longer things take on this machine now than on an idle one: 1 where an idle server answers within 100 ms. */
let slowness = 1;

const start = async (): Promise<void> => {
  server = await startServer(join(projectRoot, "dist", "cli", "main.js"), SERVE);
  port = Number(new URL(server.url).port);
};
const healthMs = async (): Promise<number> => {
  const begun = performance.now();
  const response = await fetch(new URL("/healthz", server.url));
  await response.text();
  expect(response.status).toBe(200);
  return performance.now() - begun;
};
const residentBytes = async (): Promise<number> => {
  const text = await (await fetch(new URL("/metrics", server.url))).text();
  return Number(/^flexvar_resident_memory_bytes (\S+)$/m.exec(text)![1]);
};

beforeAll(async () => {
  await buildCli();
  await start();
  const idle: number[] = [];
  for (let i = 0; i < 20; i++) idle.push(await healthMs());
  slowness = Math.max(1, Math.max(...idle) / 100);
}, 600_000);
afterAll(() => server?.kill());

/** Asks for the server's health until told to stop; resolves to the longest wait, in ms. */
function watchHealth(): () => Promise<number> {
  let isWatching = true;
  const watching = (async () => {
    let longest = 0;
    while (isWatching) {
      longest = Math.max(longest, await healthMs());
      await new Promise((resolve) => setTimeout(resolve, ASK_MS));
    }
    return longest;
  })();
  return () => {
    isWatching = false;
    return watching;
  };
}

/** What is wrong with an answer; undefined where nothing is. */
function fault(reply: Reply, { status = [400], param }: (typeof CORPUS)[number]): string | undefined {
  if (!status.includes(reply.status)) return `status ${reply.status}: ${reply.body.slice(0, 300)}`;
  let error: ErrorBody["error"];
  try {
    error = (JSON.parse(reply.body) as ErrorBody).error;
  } catch {
    return `no error form: ${reply.body.slice(0, 300)}`;
  }
  if (!/^[^:]{1,100}: expected .+, got /s.test(error.message)) return `other words: ${error.message}`;
  if (error.message.length > 3000) return `a long message: ${error.message.length}`;
  if (!reply.headers.toLowerCase().includes(`x-request-id: ${error.request_id}`)) return "no request id";
  if (param === null && error.param !== null && error.param !== "origin") return `param ${error.param}`;
  if (typeof param === "string" && error.param?.split(".")[0] !== param)
    return `param ${error.param}: ${error.message}`;
  return undefined;
}

async function sendAll(): Promise<string[]> {
  const waiting = [...CORPUS];
  const faults: string[] = [];
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const words = fault(await send(port, next), next);
      if (words !== undefined) faults.push(`${next.name}: ${words}`);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return faults;
}

describe("hostile requests", { timeout: 900_000 }, () => {
  test("there are at least 200", () => {
    expect(CORPUS.length + RAW.length).toBeGreaterThanOrEqual(200);
    expect(new Set(CORPUS.map(({ name }) => name)).size).toBe(CORPUS.length);
  });

  test("each is refused in the error form, the field named; health answers throughout; memory stays", async () => {
    const stopWatching = watchHealth();
    const first = await sendAll();
    const before = await residentBytes();
    const second = await sendAll();
    const after = await residentBytes();
    const longest = await stopWatching();
    expect([first, second]).toEqual([[], []]);
    expect(after).toBeLessThan(before * 1.15 + 64 * MEGABYTE);
    expect(longest).toBeLessThan(ANSWER_MS * slowness);
    console.log(
      `${2 * CORPUS.length} requests: /healthz within ${Math.round(longest)} ms (idle: ${Math.round(slowness * 100)} ms or less), ` +
        `memory ${Math.round(before / MEGABYTE)} MB, then ${Math.round(after / MEGABYTE)} MB`,
    );
  });

  test("what is no HTTP is refused or hung up on", async () => {
    const stopWatching = watchHealth();
    const replies = await Promise.all(
      RAW.filter(([name]) => name !== "nothing").map(async ([name, bytes]) => ({
        name,
        reply: await exchange(port, Buffer.from(bytes, "latin1")),
      })),
    );
    const longest = await stopWatching();
    for (const { name, reply } of replies) {
      expect(reply.status === 0 || (reply.status >= 400 && reply.status < 500), `${name}: ${reply.status}`).toBe(true);
      if (reply.status > 0 && reply.body !== "")
        expect(JSON.parse(reply.body), name).toHaveProperty("error.request_id");
    }
    expect(longest).toBeLessThan(ANSWER_MS * slowness);
  });

  test("afterwards it draws as before", async () => {
    const { data } = await createClient({ baseUrl: server.url }).generate({ class_labels: ["heart"], seed: 1 });
    expect(data.length).toBe(1);
  });

  /** Ends the server with SIGTERM; resolves to how long that took, and whether a new connection was still accepted. */
  const stop = async (): Promise<{ readonly ms: number; readonly isTaken: boolean }> => {
    const begun = performance.now();
    const gone = once(server.process, "exit");
    server.process.kill("SIGTERM");
    await new Promise((resolve) => setTimeout(resolve, 500 * slowness));
    const isTaken = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      setTimeout(() => socket.destroy(), 1000);
    });
    await gone;
    return { ms: performance.now() - begun, isTaken };
  };

  test("SIGTERM without work: it ends at once, whatever still hangs on it", async () => {
    const hanging = ["", "GET / HTTP/1.1\r\nhost: loc", `${RAW.find(([name]) => name === "a slow body")![1]}`];
    const sockets = hanging.map((bytes) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
      return socket.on("error", () => undefined);
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { ms, isTaken } = await stop();
    for (const socket of sockets) socket.destroy();
    expect(isTaken).toBe(false);
    expect(ms).toBeLessThan(STOP_MS * slowness);
  });

  test("SIGTERM at work: nothing new is taken, and it ends within the grace time and five seconds", async () => {
    await start();
    const client = createClient({ baseUrl: server.url });
    const orders = Array.from({ length: 20 }, (_, seed) =>
      client.startGeneration({ class_labels: ["heart"], n: 64, seed, num_inference_steps: 10, size: "128x128" }),
    );
    await Promise.all(orders);
    const { ms, isTaken } = await stop();
    expect(isTaken).toBe(false);
    expect(ms).toBeLessThan((GRACE_MS + STOP_MS) * slowness);
  });
});
