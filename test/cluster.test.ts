/** A cluster of processes whose parts are killed at random: the small form of `recipes/cluster-kills.mjs`. */
import { beforeAll, expect, test } from "vitest";
import { runKills } from "../recipes/lib/cluster-kills.mjs";
import { hasNats } from "../recipes/lib/nats-server.mjs";
import { buildCli } from "./support/cli.ts";

beforeAll(buildCli, 120_000);

test.runIf(hasNats)(
  "killed workers, front ends and servers lose no job, and none comes out different",
  async () => {
    const kills = { workerKills: 3, frontKills: 1, natsKills: 1 };
    const { killed, good, wrong, poisoned, dead } = await runKills({
      jobs: 12,
      workers: 2,
      fronts: 2,
      poison: 1,
      ...kills,
    });
    expect([good, wrong, poisoned]).toEqual([12, [], 1]);
    expect(dead).toEqual([
      expect.objectContaining({ isPoison: true, reason: expect.stringMatching(/^3 workers ended/) }),
    ]);
    expect(Math.min(...killed)).toBeGreaterThan(0);
  },
  240_000,
);
