import { expect, test } from "vitest";
import { sourcesOf } from "./sources.ts";
import type { WorkerState } from "./worker-state.ts";

const worker = (hash: string) => ({ model: { hash }, fingerprint: "f" }) as WorkerState;

test("jobs of the open model come first, then those of others, sets last; now and again large ones and others do", () => {
  const [a, b] = [worker("a"), worker("b")];
  const { order, ownerOf } = sourcesOf([a, b]);
  const names = (turn: number, open: WorkerState) => order(turn, open).map(({ consumer }) => consumer);
  expect(names(1, b)).toEqual(["b-any-small", "b-any-large", "a-any-small", "a-any-large", "b-f-set", "a-f-set"]);
  expect(names(4, b).slice(0, 4)).toEqual(["b-any-large", "b-any-small", "a-any-large", "a-any-small"]);
  expect(names(8, b).slice(0, 4)).toEqual(["a-any-large", "a-any-small", "b-any-large", "b-any-small"]);
  expect(order(1, a).map(({ batch }) => batch)).toEqual([8, 8, 8, 8, 1, 1]);
  expect([ownerOf("b-any-large"), ownerOf("a-f-set")]).toEqual([b, a]);
});
