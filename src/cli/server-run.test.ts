import { expect, test } from "vitest";
import { addOrigin, openWarning, serverToken } from "./server-run.ts";

test("a blank token of the environment is none, a blank one of the flag is refused", () => {
  expect(serverToken(undefined, undefined)).toBeUndefined();
  expect(serverToken(undefined, "")).toBeUndefined();
  expect(serverToken(undefined, " \n")).toBeUndefined();
  expect(serverToken(undefined, "secret\n")).toBe("secret");
  expect(serverToken("flag", "secret")).toBe("flag");
  for (const blank of ["", "  "])
    expect(() => serverToken(blank, "secret")).toThrow(`--token: expected some text, got "${blank}"`);
});

test("origins are those that browsers send, or all; other texts are refused", () => {
  const good = ["https://example.org", "http://localhost:5173", "http://[::1]", "*", "chrome-extension://abc"];
  expect(good.reduce<readonly string[]>((all, one) => addOrigin(one, all), [])).toEqual(good);
  for (const text of ["foo", "", "null", "example.org", "https://example.org/", "https://Example.org", "mailto:a@b.c"])
    expect(() => addOrigin(text)).toThrow(
      `--origin: expected an origin such as https://example.org, or * for all, got "${text}"`,
    );
});

test("a server that strangers reach warns where it asks for no token", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
    expect(openWarning(host, undefined)).toBeUndefined();
  expect(openWarning("0.0.0.0", "secret")).toBeUndefined();
  for (const host of ["0.0.0.0", "::", "192.168.1.2", "127.example.org"])
    expect(openWarning(host, undefined)).toMatch(`warning: whoever reaches ${host} may use this server`);
});
