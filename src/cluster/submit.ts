/** An order as messages: pictures that it brings put away, one message a picture to draw. */
import { type Order, pictureBytes } from "../server/index.ts";
import type { Cluster } from "./connect.ts";
import type { FollowedJob } from "./front.ts";
import { ANY_CLASS, jobTokens, type Lane, WORK_STREAM, workOfJob, workSubject } from "./layout.ts";
import { type Unit, write } from "./messages.ts";
import { fileName, putFile } from "./pictures.ts";
import { PATIENCE_MS, refusal } from "./refusal.ts";
import { persist } from "./retry.ts";

/** To whom orders go. */
export interface Sorting {
  /** Hash of the model that is served. */
  readonly model: string;
  /** Which lane a job takes. */
  readonly laneOf: (order: Order) => Lane;
}

/** Fields whose values are pictures. */
export const FILES = ["image", "mask"] as const;

/** @throws ApiError 429 where too much waits, 503 where the cluster cannot be reached or has no room */
export async function publishOrder(
  { cluster, model, laneOf, limits }: Sorting & { cluster: Cluster; limits: { jobMs: number } },
  { id, requestId, created, form, order }: FollowedJob,
): Promise<void> {
  const job = jobTokens(id)!;
  const deadline = created + limits.jobMs;
  const untilMs = Date.now() + PATIENCE_MS;
  const at = { model, machines: ANY_CLASS, lane: laneOf(order) };
  const whole = order.work.kind === "edit";
  try {
    const { fields, objects } = await withoutFiles(cluster, job, order, untilMs);
    const unit: Omit<Unit, "number"> = {
      id,
      requestId,
      form,
      total: whole ? 1 : form.total,
      whole,
      call: order.call,
      created,
      deadline,
      fields,
      objects,
    };
    const sent = await Promise.allSettled(
      Array.from({ length: unit.total }, (_, number) =>
        persist(
          () =>
            cluster.stream.publish(workSubject(at, job, number), write({ ...unit, number }), {
              msgID: `${job}.${number}`,
            }),
          { untilMs },
        ),
      ),
    );
    // All have come to an end: what did arrive of a job that is refused can be taken out.
    for (const one of sent) if (one.status === "rejected") throw one.reason;
  } catch (error) {
    await cluster.manager.streams.purge(WORK_STREAM, { filter: workOfJob(job) }).catch(() => undefined);
    throw refusal(error);
  }
}

/** The fields to send: pictures put away under names, and nothing of who asks. */
async function withoutFiles(
  cluster: Cluster,
  job: string,
  { fields }: Order,
  untilMs: number,
): Promise<Pick<Unit, "fields" | "objects">> {
  const { async: _, user: __, ...rest } = fields;
  const sent: Record<string, unknown> = rest;
  const objects: string[] = [];
  for (const name of FILES) {
    const text = [fields[name]].flat()[0];
    if (typeof text !== "string") continue;
    const bytes = await pictureBytes(text);
    if (bytes === undefined) continue;
    const file = fileName(job, name);
    await persist(() => putFile(cluster, file, bytes), { untilMs });
    sent[name] = file;
    objects.push(name);
  }
  return { fields: sent, objects };
}
