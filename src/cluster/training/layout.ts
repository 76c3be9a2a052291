/**
 * Where runs that train together are kept on NATS. NAME is the run's name, ID its coordinator's mark of it.
 *
 * | what | where | kept |
 * |---|---|---|
 * | what the run is, which round it is in | bucket `flexvar-train`, `NAME.run` | until another run takes the name |
 * | who coordinates | `NAME.coordinator` | the same |
 * | who has a member's place, and its last answer | `NAME.member.K` | the same |
 * | weights of a round, and the outer step's momentum | objects `flexvar-train`, `ID.weights.a` or `.b`, `ID.momentum.a` or `.b` | until the round after the next |
 * | a member's answer, and its own state | `ID.answer.K.WORKER.a` or `.b`, `ID.own.K.WORKER.a` or `.b` | the same |
 */
export const TRAIN_BUCKET = "flexvar-train";

export const runKey = (name: string): string => `${name}.run`;
export const coordinatorKey = (name: string): string => `${name}.coordinator`;
export const memberKey = (name: string, member: number): string => `${name}.member.${member}`;

/** The start of the names of all of a run's objects. */
export const objectsOf = (id: string): string => `${id}.`;

/** Two names take turns, so that what was written last stays whole while the next is written. @param last the one in use */
const turn = (name: string, last: string | null | undefined): string => `${name}.${last === `${name}.a` ? "b" : "a"}`;

export const weightsObject = (id: string, last?: string | null): string => turn(`${id}.weights`, last);
export const momentumObject = (id: string, last?: string | null): string => turn(`${id}.momentum`, last);
export const answerObject = (id: string, member: number, worker: string, last?: string | null): string =>
  turn(`${id}.answer.${member}.${worker}`, last);
export const ownObject = (id: string, member: number, worker: string, last?: string | null): string =>
  turn(`${id}.own.${member}.${worker}`, last);
