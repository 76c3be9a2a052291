/** Who is let in: by which name, with which token, and what everyone may read. */
import { expect, test } from "vitest";
import type { ErrorBody } from "../client/index.ts";
import { createServerApp, type Renderer, type ServerOptions } from "./index.ts";

const renderer = { dispose: async () => {} } as Renderer;
const config = {
  trainedSide: 4,
  id2label: ["secret class"],
  tokenizer: { codebookSize: 16, channelMultipliers: [1, 1], patchSize: 1 },
  transformer: { numClasses: 1 },
};
const model = { name: "secret-model", hash: "0123", config } as unknown as ServerOptions["model"];
const site = new Map([
  ["index.html", { text: "<p>studio</p>" }],
  ["assets/a-12345678.js", { text: "1" }],
  ["studio.json", { text: '{"backend":"server"}' }],
  ["model/config.json", { text: '{"id2label":{"0":"secret class"}}' }],
  ["model/about.json", { text: '{"model":{"name":"secret-model"}}' }],
]);
const start = (options: Partial<ServerOptions> = {}) => {
  const { app } = createServerApp({ model, renderer, site, ...options });
  return (url: string, headers: Record<string, string> = {}, method = "GET") =>
    Promise.resolve(app.request(url.startsWith("/") ? `http://localhost${url}` : url, { method, headers }));
};

test("addresses, localhost and allowed names may be called; other names point here without being asked", async () => {
  const call = start({ hosts: ["Pictures.example.org"] });
  for (const host of [
    "127.0.0.1:80",
    "192.168.1.7:8080",
    "[::1]:80",
    "[fe80::1]",
    "localhost",
    "pictures.example.org:81",
  ])
    expect((await call(`http://${host}/healthz`)).status, host).toBe(200);
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "a.pictures.example.org"])
    expect((await call(`http://${host}/healthz`)).status, host).toBe(421);
  expect(((await (await call("http://evil.example/v1/models")).json()) as ErrorBody).error.message).toBe(
    'host: expected an address, localhost or pictures.example.org, got "evil.example"; --allow-host lets a name in',
  );
  expect((await start()("http://evil.example/")).status).toBe(421);
});

const GUARDED = [
  "/openapi.json",
  "/model/config.json",
  "/model/about.json",
  "/metrics",
  "/v1/models",
  "/v1/jobs/1",
  "/nothing",
];
const OPEN = ["/", "/index.html", "/assets/a-12345678.js", "/studio.json", "/healthz"];

test("without the token there is the page, which says which backend it has, and nothing of the model", async () => {
  const call = start({ token: "open sesame" });
  for (const path of OPEN) {
    const response = await call(path);
    expect(response.status, path).toBe(200);
    expect(await response.text()).not.toMatch(/secret/);
  }
  for (const path of [
    ...GUARDED,
    "//model/config.json",
    "/model//config.json",
    "/model/%63onfig.json",
    "/MODEL/config.json",
  ])
    for (const method of ["GET", "HEAD", "POST", "OPTIONS"]) {
      const response = await call(path, {}, method);
      expect([response.status, response.headers.get("www-authenticate")], `${method} ${path}`).toEqual([401, "Bearer"]);
      expect(await response.text()).not.toMatch(/secret/);
    }
  for (const path of [...OPEN, ...GUARDED.slice(0, 5)])
    expect((await call(path, { authorization: "bearer  open sesame " })).status, path).toBe(200);
  expect(await (await call("/healthz", { authorization: "Bearer open sesame" })).json()).toMatchObject({
    model: "secret-model",
  });
});

test.each([
  "Bearer",
  "Bearer ",
  "Bearer open",
  "Bearer open sesame!",
  "Basic open sesame",
  "open sesame",
  "Bearer \u00e9",
])("%j does not open", async (authorization) => {
  expect((await start({ token: "open sesame" })("/v1/models", { authorization })).status).toBe(401);
});

test("a token that no header carries is refused at the start", () => {
  for (const token of ["", " ", "\u20ac", "p\u00e4ss", "a\nb"])
    expect(() => start({ token })).toThrow("token: expected visible ASCII characters or none");
});

test("nothing may frame the page, and it loads nothing from elsewhere", async () => {
  const call = start();
  for (const path of ["/", "/assets/a-12345678.js"]) {
    const policy = (await call(path)).headers.get("content-security-policy")!;
    for (const part of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(policy).toContain(part);
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval|\*|http/);
  }
  for (const path of ["/v1/models", "/nothing", "/openapi.json"]) {
    const { headers } = await call(path);
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
});
