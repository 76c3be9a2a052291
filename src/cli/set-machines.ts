/** Which machines of a cluster draw a set: recorded beside it, so that a run that goes on stays with them. */
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { z } from "zod";
import { type Cluster, type MachineClass, machinesOf } from "../cluster/index.ts";
import { writeFileAtomic } from "../files/index.ts";
import { parseJson, readAs } from "../json/index.ts";
import type { Reporter } from "./reporter.ts";

/** Machines of a set of which no worker was there for so long, while others were, are gone, in ms. */
const GONE_MS = 20_000;
/** How often workers are looked at, in ms: all of their cards are read. */
const LOOK_MS = 4000;

const recordSchema = z.array(z.object({ fingerprint: z.string(), about: z.record(z.string(), z.string()) }));
type Machines = z.infer<typeof recordSchema>;

export interface SetMachines {
  /** Those that draw now; others only where no worker like them is there any more. */
  now(): Promise<string>;
  /** All that drew, in order. */
  all(): readonly string[];
}

interface MachinesRequest {
  readonly cluster: Pick<Cluster, "workers" | "manager">;
  /** The model's. */
  readonly hash: string;
  /** Whose pictures' settings are the set's. */
  readonly fits: (about: Readonly<Record<string, string>>) => boolean;
  readonly report: Reporter;
  /** Taken where nobody has drawn yet. */
  readonly first: MachineClass;
  /** Whether pictures are there. */
  readonly isBegun: boolean;
}

/** @param out the set's file or folder */
export async function setMachines(out: string, request: MachinesRequest): Promise<SetMachines> {
  const { cluster, hash, fits, report, first, isBegun } = request;
  const file = recordOf(out);
  const machines: Machines = isBegun ? await readRecord(file) : [];
  const add = async ({ fingerprint, about }: MachineClass): Promise<void> => {
    machines.push({ fingerprint, about });
    await writeFileAtomic(file, `${JSON.stringify(machines, null, 2)}\n`);
  };
  if (machines.length === 0) await add(first);
  report.log(`machines ${machines.at(-1)!.fingerprint} draw`);
  let looked = Number.NEGATIVE_INFINITY;
  /** Since when others were seen there and none like those that draw. */
  let missing: number | undefined;
  return {
    async now() {
      const { fingerprint } = machines.at(-1)!;
      const now = performance.now();
      if (now - looked < LOOK_MS) return fingerprint;
      const there = await machinesOf(cluster, hash, fits);
      looked = now;
      const isThere = there.some((one) => one.fingerprint === fingerprint);
      missing = isThere || there[0] === undefined ? undefined : (missing ?? now);
      if (there[0] === undefined || missing === undefined || now - missing < GONE_MS) return fingerprint;
      report.log(
        `no worker of ${fingerprint} is left: machines ${there[0].fingerprint} draw the rest, whose tokens may differ`,
      );
      await add(there[0]);
      missing = undefined;
      return there[0].fingerprint;
    },
    all: () => [...new Set(machines.map(({ fingerprint }) => fingerprint))],
  };
}

/** Within a folder, or after the name of an archive. */
const recordOf = (out: string): string =>
  extname(out) === ".npz" ? join(dirname(out), `${basename(out, ".npz")}.machines.json`) : join(out, ".machines.json");

async function readRecord(file: string): Promise<Machines> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? [] : readAs(recordSchema, parseJson(text, file), file);
}
