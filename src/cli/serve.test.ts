import { expect, test } from "vitest";
import { studioAddress } from "./serve.ts";

test("the studio's address is one that a browser can open, the token where it is sent nowhere", () => {
  expect(studioAddress({ url: "http://127.0.0.1:8080", token: undefined })).toBe("http://127.0.0.1:8080/");
  expect(studioAddress({ url: "http://0.0.0.0:81", token: "a&b #c" })).toBe("http://127.0.0.1:81/#token=a%26b%20%23c");
  expect(studioAddress({ url: "http://[::]:81", token: undefined })).toBe("http://[::1]:81/");
});
