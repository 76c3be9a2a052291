/** The buckets of callers of all front ends: one moment a caller, changed by whoever saw it last. */
import { createHash } from "node:crypto";
import { type Allowance, type CallerBooks, taken } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import { CALLERS_BUCKET } from "./layout.ts";
import { asked } from "./refusal.ts";
import { faultCode, WRONG_REVISION } from "./retry.ts";

/** Full buckets are forgotten at least after this, in ms. */
const LEAST_MS = 3600_000;

/** @throws ApiError 503, from `take`, where the server does not answer */
export async function clusterBooks({ connection }: Cluster, allowance: Allowance, replicas = 1): Promise<CallerBooks> {
  const { Kvm } = await import("@nats-io/kv");
  const ttl = Math.max(LEAST_MS, (2 * 60_000 * allowance.burst) / allowance.perMinute);
  const open = () => new Kvm(connection).create(CALLERS_BUCKET, { replicas, ttl, history: 1, allow_direct: false });
  let bucket = await open();
  return {
    allowance,
    // Addresses of people are nobody's business here.
    take: (caller, worth) => takeFrom(createHash("sha256").update(caller).digest("hex"), worth),
  };

  function takeFrom(key: string, worth: number): Promise<number> {
    return asked(async () => {
      for (;;)
        try {
          const entry = await bucket.get(key);
          const outcome = taken(Number(entry?.string() ?? 0), worth, allowance, Date.now());
          if ("waitMs" in outcome) return outcome.waitMs;
          await bucket.put(key, String(outcome.full), { previousSeq: entry?.revision ?? 0 });
          return 0;
        } catch (error) {
          // Another front end was first: looked at again.
          if (faultCode(error) === WRONG_REVISION) continue;
          // A server that has lost its store has no bucket.
          bucket = await open();
          throw error;
        }
    });
  }
}
