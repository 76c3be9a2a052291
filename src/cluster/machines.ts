/** Which machines draw a set: those of one fingerprint, as long as one of them is there. */
import type { Cluster } from "./connect.ts";
import type { WorkerCard } from "./messages.ts";
import { workersOf } from "./registry.ts";

/** Workers of a model that draw the same bytes. */
export interface MachineClass {
  readonly fingerprint: string;
  /** What the fingerprint is of. */
  readonly about: Readonly<Record<string, string>>;
  readonly workers: readonly WorkerCard[];
}

/** Classes of the workers of a model that are there, the one of most workers first. @param hash the model's */
export async function machinesOf(
  cluster: Pick<Cluster, "workers" | "manager">,
  hash: string,
  fits: (about: Readonly<Record<string, string>>) => boolean = () => true,
): Promise<MachineClass[]> {
  const cards = (await workersOf(cluster)).filter(({ model, about }) => model.hash === hash && fits(about));
  const classes = [...new Set(cards.map(({ fingerprint }) => fingerprint))].map((fingerprint): MachineClass => {
    const workers = cards.filter((card) => card.fingerprint === fingerprint);
    return { fingerprint, about: workers[0]!.about, workers };
  });
  return classes.sort((a, b) => b.workers.length - a.workers.length || (a.fingerprint < b.fingerprint ? -1 : 1));
}
