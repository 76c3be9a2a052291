/** How jobs ended: one message each, which carries the picture of those that have but one. The first that comes is the end. */
import type { Cluster } from "./connect.ts";
import { cancelSubject, endSubject, isEnd, jobTokens, RESULT_STREAM, resultSubject } from "./layout.ts";
import { type End, type How, read, type ToldJob, writeHeader } from "./messages.ts";
import { headerOf, type PlacedPicture, packPicture, type Told } from "./pictures.ts";
import { faultCode, type Patience, persist, WRONG_REVISION } from "./retry.ts";

const HEADER = "Flexvar-End";

/** Writes how a job ended, unless that is written already; returns whether it was not. */
export async function endJob(
  cluster: Cluster,
  { id, requestId, created, form }: ToldJob,
  how: How,
  patience: Patience,
  picture?: PlacedPicture,
): Promise<boolean> {
  const job = jobTokens(id)!;
  const end: End = { id, requestId, created, form, ...how };
  const { payload, headers } = await persist(() => packPicture(cluster, job, picture), patience);
  headers.set(HEADER, writeHeader(end));
  // Written once more where the answer was lost, it is still the first.
  const msgID = `${job}.${crypto.randomUUID()}`;
  try {
    await persist(
      () =>
        cluster.stream.publish(endSubject(job), payload, {
          headers,
          msgID,
          expect: { lastSubjectSequence: 0 },
        }),
      patience,
    );
  } catch (error) {
    if (!isTaken(error)) throw error;
    return false;
  }
  // Other machines may be at other pictures of it.
  if (end.status !== "done") cluster.connection.publish(cancelSubject(job));
  return true;
}

/** Somebody was first. */
const isTaken = (error: unknown): boolean => faultCode(error) === WRONG_REVISION;

/** The end that a message tells of. */
export const readEnd = (message: Told): End => read.end(headerOf(message, HEADER));

/** The message of a job's end; undefined while there is none (any more). */
export async function endOf({ manager }: Pick<Cluster, "manager">, job: string): Promise<Told | undefined> {
  return (await manager.direct.getMessage(RESULT_STREAM, { last_by_subj: endSubject(job) })) ?? undefined;
}

/** How many finished pictures of a job lie beside its end. */
export async function resultsOf({ manager }: Pick<Cluster, "manager">, job: string): Promise<number> {
  const subjects_filter = resultSubject(job, "*");
  const { state } = await manager.streams.info(RESULT_STREAM, { subjects_filter });
  return Object.keys(state.subjects ?? {}).filter((subject) => !isEnd(subject)).length;
}
