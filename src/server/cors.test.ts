import { Hono } from "hono";
import { expect, test } from "vitest";
import { allowOrigin, preflight } from "./cors.ts";

const app = new Hono();
app.use(async (c, next) => {
  allowOrigin(c, "https://shop.example");
  if (c.req.method === "OPTIONS") return preflight(c);
  return next();
});
app.get("/", (c) => c.text("x"));
const asking = async (headers: Record<string, string>) => {
  const reply = await app.request("http://localhost/", { method: "OPTIONS", headers });
  return reply.headers.get("access-control-allow-headers");
};

test.each([
  ["authorization,x-stainless-arch, X-Stainless-OS", "authorization, x-stainless-arch, x-stainless-os"],
  ["content-type, a b, <script>, ü, ,x", "content-type, x"],
  [`x,${"y".repeat(101)}`, "x"],
  ["", "authorization, content-type"],
])("a preflight that asks for %j may send %j", async (asked, allowed) => {
  expect(await asking({ "access-control-request-headers": Buffer.from(asked).toString("latin1") })).toBe(allowed);
});

test("one that asks for no headers may send the usual ones, and for at most a hundred", async () => {
  expect(await asking({})).toBe("authorization, content-type");
  const many = Array.from({ length: 5000 }, (_, i) => `x-${i}`).join();
  expect((await asking({ "access-control-request-headers": many }))!.split(", ")).toHaveLength(100);
});

test("replies may be read with what clients need to wait, poll and report", async () => {
  const reply = await app.request("http://localhost/");
  expect(reply.headers.get("access-control-expose-headers")).toBe("retry-after, location, x-request-id");
  expect(reply.headers.get("vary")).toBe("origin");
});
