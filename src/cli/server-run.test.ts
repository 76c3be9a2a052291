import { expect, test } from "vitest";
import { addHost, addOrigin, openWarning, serverToken } from "./server-run.ts";

test("a blank token of the environment is none, a blank one of the flag is refused", () => {
  expect(serverToken(undefined, undefined)).toBeUndefined();
  expect(serverToken(undefined, "")).toBeUndefined();
  expect(serverToken(undefined, " \n")).toBeUndefined();
  expect(serverToken(undefined, "secret\n")).toBe("secret");
  expect(serverToken("flag", "secret")).toBe("flag");
  expect(serverToken(false, "secret")).toBeUndefined();
  for (const odd of ["p\u00e4ss", "\u20ac", "a\nb", "a\u0000b"])
    expect(() => serverToken(odd, undefined)).toThrow("--token: expected visible ASCII characters");
  expect(() => serverToken(undefined, "\u20ac")).toThrow("FLEXVAR_TOKEN: expected visible ASCII");
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

test("a server that strangers reach asks for a token, unless that is what was asked for", () => {
  for (const host of ["127.0.0.1", "127.1.2.3", "localhost", "::1"])
    expect(openWarning(host, undefined, false)).toBeUndefined();
  expect(openWarning("0.0.0.0", "secret", false)).toBeUndefined();
  for (const host of ["0.0.0.0", "::", "192.168.1.2", "127.example.org", "127.1"]) {
    expect(openWarning(host, undefined, true)).toMatch(`warning: whoever reaches ${host} may use this server`);
    expect(() => openWarning(host, undefined, false)).toThrow(`--host: expected --token or FLEXVAR_TOKEN with ${host}`);
  }
});

test("names that the server is called by are host names, whatever their case", () => {
  expect(["Pictures.example.org", "host-1"].reduce<readonly string[]>((all, one) => addHost(one, all), [])).toEqual([
    "pictures.example.org",
    "host-1",
  ]);
  for (const text of ["", "a b", "http://a", "a/b", "a:80", "*", "user@a"])
    expect(() => addHost(text), text).toThrow(
      `--allow-host: expected a name such as pictures.example.org, got "${text}"`,
    );
});
