import { expect, test } from "vitest";
import { measureFrechet } from "./frechet.ts";

test("times a distance of two sets, and the peer's beside it", async () => {
  const asked: string[] = [];
  const peer = {
    libraries: { scipy: true },
    close() {},
    async run(what: string) {
      asked.push(what);
      return 8 - asked.length;
    },
  };
  const size = { threads: 1, runs: 2, rows: 60, width: 20, onProgress: () => {} };
  const report = await measureFrechet({ ...size, peer });
  expect(asked).toEqual(["frechet", "frechet"]);
  expect(report).toMatchObject({ rows: 60, width: 20, peerSeconds: 6 });
  expect(report.ofPeer).toBeCloseTo(report.seconds / 6, 12);
  for (const other of [undefined, { ...peer, libraries: { scipy: false } }])
    expect(await measureFrechet({ ...size, peer: other })).toMatchObject({ peerSeconds: null, ofPeer: null });
});
