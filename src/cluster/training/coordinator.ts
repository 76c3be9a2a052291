/**
 * The coordinator of a run that several workers train: a trainee whose steps are rounds. It gives weights out, waits for the members'
 * answers, takes the outer step, and has all else done by the loop: held-out loss, sheets, checkpoints.
 *
 * After each round its state is in the object store first and then in the run's record, so that a killed coordinator goes on from
 * the last whole round, whatever its last checkpoint.
 */
import { ExpectedError } from "../../errors/index.ts";
import {
  type DisposableTrainee,
  isMoment,
  type RunSettings,
  type SavedTrainee,
  type StepReport,
  type TrainState,
} from "../../train/index.ts";
import { coordinatorKey, memberKey, momentumObject, objectsOf, runKey, weightsObject } from "./layout.ts";
import { type Done, type Match, type RoundReport, type RoundSettings, type RunRecord, read } from "./messages.ts";
import { type Answer, type Arrays, outerStep } from "./outer.ts";
import { type HeldPlace, inheritPlace, LEASE_MS, type LifeSigns, lifeSigns, pause } from "./place.ts";
import { isOver, patienceAfter } from "./rule.ts";
import { dropObjectsOf, type Entry, readEntry, replaceEntry, type TrainingStore } from "./store.ts";
import { expectArrays, receive, send, writeArrays } from "./wire.ts";

/** Between two looks at the bucket, in ms. */
const LOOK_MS = 150;
/** Of the outer step's momentum in a checkpoint. */
const MOMENTUM = "outer:";

export interface CoordinatorOptions {
  readonly store: TrainingStore;
  /** The run's name on the server. */
  readonly name: string;
  /** The run's mark: a resumed coordinator gives the one it had. */
  readonly id: string;
  readonly match: Match;
  readonly settings: RoundSettings;
  /** Least answers that end a round; half of the members by default. */
  readonly least?: number | undefined;
  /** How long others are waited for after a round's first answer, in seconds; as long again as that took by default. */
  readonly patience?: number | undefined;
  /** Steps at which rounds end too. */
  readonly run: Pick<RunSettings, "evaluateEvery" | "checkpointEvery" | "steps">;
  readonly leaseMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
}

interface Coordinator extends CoordinatorOptions {
  readonly inner: DisposableTrainee;
  /** What the inner trainee began with: its JSON, and moments that stay zeros. */
  readonly base: SavedTrainee;
  weights: Arrays;
  momenta: Arrays;
  readonly isAlive: LifeSigns;
  place: HeldPlace | undefined;
  record: Entry<RunRecord> | undefined;
}

/** The step after which a round that begins after `step` ends: whole rounds, cut where the run evaluates, keeps a checkpoint or ends. */
export function roundEnd(
  step: number,
  innerSteps: number,
  { evaluateEvery, checkpointEvery, steps }: CoordinatorOptions["run"],
): number {
  const next = (every: number): number => (Math.floor(step / every) + 1) * every;
  return Math.max(step, Math.min(step + innerSteps, next(evaluateEvery), next(checkpointEvery), steps));
}

/** A trainee that others train. `finish` ends the run for all. */
export async function coordinate(
  inner: DisposableTrainee,
  options: CoordinatorOptions,
): Promise<DisposableTrainee & { finish(): Promise<void> }> {
  const base = await inner.save();
  const at: Coordinator = {
    ...options,
    inner,
    base,
    weights: new Map([...base.arrays].filter(([name]) => !isMoment(name))),
    momenta: new Map(),
    isAlive: lifeSigns(),
    place: undefined,
    record: undefined,
  };
  return {
    step: (step) => round(at, step - 1),
    async evaluate(step) {
      inner.load({ step, json: base.json, arrays: new Map([...base.arrays, ...at.weights]) });
      return inner.evaluate(step);
    },
    save: () => ({
      json: base.json,
      arrays: new Map([...at.weights, ...[...at.momenta].map(([name, array]) => [MOMENTUM + name, array] as const)]),
    }),
    load: (state) => load(at, state),
    async finish() {
      const record = await begun(at, options.run.steps);
      await publish(at, { ...record, isFinished: true });
      await at.place?.release();
      await dropObjectsOf(at.store, objectsOf(at.id));
    },
    async dispose() {
      await at.place?.release();
      await inner.dispose();
    },
  };
}

function load(at: Coordinator, { step, json, arrays }: TrainState): void {
  const [own, momenta] = [new Map(at.weights), new Map<string, { shape: readonly number[]; data: Float32Array }>()];
  for (const [name, array] of arrays)
    if (name.startsWith(MOMENTUM)) momenta.set(name.slice(MOMENTUM.length), array);
    else if (!isMoment(name)) own.set(name, array);
  at.inner.load({ step, json, arrays: new Map([...at.base.arrays, ...own]) });
  at.weights = own;
  at.momenta = momenta;
}

/** One round, or what rounds after the last checkpoint had come to before this process began. */
async function round(at: Coordinator, step: number): Promise<StepReport> {
  const wasBegun = at.place !== undefined;
  const record = await begun(at, step);
  if (!wasBegun && record.step > step && record.report !== null) {
    at.log(`round ${record.round}: goes on after step ${record.step}, where the last round had ended`);
    return stepReport(record.report, record.step - step, {});
  }
  const answers = await awaitAnswers(at, record);
  const fetched = [...answers.values()].map((done) => fetchAnswer(at, done));
  const joined = outerStep(at.weights, at.momenta, await Promise.all(fetched), at.settings, isAverage);
  const report = meanReport([...answers.values()].map((done) => done.report));
  await giveOut(at, joined, { ...record, round: record.round + 1, step: record.end, report });
  return stepReport(report, record.end - record.step, { members: answers.size });
}

/** Moving averages are joined by their mean alone. */
const isAverage = (name: string): boolean => name.startsWith("ema:");

/** Takes the coordinator's place and finds or begins the run, once. */
async function begun(at: Coordinator, step: number): Promise<RunRecord> {
  if (at.place !== undefined) return at.record!.value;
  const { store, name, id, leaseMs = LEASE_MS, signal } = at;
  at.place = await inheritPlace(store, coordinatorKey(name), `${id}-${process.pid}`, leaseMs, signal);
  if (at.place === undefined)
    throw new ExpectedError(
      `train: expected no other coordinator of run "${name}", got one at work; choose another --run`,
    );
  at.record = await readEntry(store, runKey(name), read.run);
  const found = at.record?.value;
  if (found?.id === id && found.step >= step && (await resumed(at, found))) return at.record!.value;
  if (found !== undefined && found.id !== id) await dropObjectsOf(store, objectsOf(found.id));
  const isKnown = found?.id === id;
  await giveOut(
    at,
    { weights: at.weights, momenta: at.momenta },
    {
      round: isKnown ? found.round + 1 : 0,
      step,
      report: null,
      weights: isKnown ? found.weights : "",
      momentum: isKnown ? found.momentum : null,
    },
  );
  return at.record!.value;
}

/** Takes weights and momentum of the round that the record is in. @returns false where the store has lost them */
async function resumed(at: Coordinator, { weights, momentum }: RunRecord): Promise<boolean> {
  const taken = (await receive(at.store, weights))?.arrays;
  const momenta = momentum === null ? new Map() : (await receive(at.store, momentum))?.arrays;
  if (taken === undefined || momenta === undefined) return false;
  expectArrays(weights, taken, at.weights);
  at.weights = taken;
  at.momenta = momenta;
  return true;
}

/** Stores the state of a new round, and then says so. */
async function giveOut(
  at: Coordinator,
  { weights, momenta }: { readonly weights: Arrays; readonly momenta: Arrays },
  now: Pick<RunRecord, "round" | "step" | "report" | "weights" | "momentum">,
): Promise<void> {
  const { id, match, settings, store } = at;
  const put = async (object: string, arrays: Arrays): Promise<string> => {
    await send(store, object, (path) => writeArrays(path, arrays, { round: now.round }));
    return object;
  };
  const record: RunRecord = {
    ...now,
    id,
    match,
    settings,
    isFinished: false,
    end: roundEnd(now.step, settings.innerSteps, at.run),
    weights: await put(weightsObject(id, now.weights), weights),
    momentum: momenta.size === 0 ? null : await put(momentumObject(id, now.momentum), momenta),
  };
  await publish(at, record);
  at.weights = weights;
  at.momenta = momenta;
}

async function publish(at: Coordinator, value: RunRecord): Promise<void> {
  const revision = await replaceEntry(at.store, runKey(at.name), value, at.record?.revision);
  if (revision === undefined)
    throw new ExpectedError(`train: expected to be run "${at.name}"'s only coordinator, got another's record`);
  at.record = { value, revision };
}

/** The answers that the round ends with, by member. */
async function awaitAnswers(at: Coordinator, record: RunRecord): Promise<ReadonlyMap<number, Done>> {
  const { signal, settings, least = Math.ceil(settings.members / 2) } = at;
  let firstAt: number | undefined;
  let isTold = false;
  for (;;) {
    signal?.throwIfAborted();
    at.place?.lost.throwIfAborted();
    const { present, answers } = await look(at, record);
    const first = [...answers.values()][0];
    if (first !== undefined) firstAt ??= performance.now();
    const waitedMs = firstAt === undefined ? 0 : performance.now() - firstAt;
    const patienceMs = at.patience === undefined ? patienceAfter(first?.report.seconds ?? 0) : 1000 * at.patience;
    const { members } = settings;
    const view = { present, answered: new Set(answers.keys()), members, isFirst: record.round === 0, least };
    if (isOver({ ...view, waitedMs, patienceMs })) {
      const absent = numbers(members).filter((member) => !answers.has(member));
      if (absent.length > 0)
        at.log(
          `round ${record.round}, to step ${record.end}: ${answers.size} of ${members} members; left out: ${absent.map((member) => `${member} (${present.has(member) ? "late" : "no worker"})`).join(", ")}`,
        );
      return answers;
    }
    if (!isTold && (present.size === 0 || waitedMs > patienceMs)) {
      isTold = true;
      at.log(
        `round ${record.round} waits for workers: ${present.size} of ${members} members have one, ${answers.size} answered, ${Math.min(least, members)} are needed`,
      );
    }
    await pause(LOOK_MS, signal);
  }
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Who is there, and who has answered in this round, by number. */
async function look(
  {
    store,
    name,
    isAlive,
  }: { readonly store: TrainingStore; readonly name: string; readonly isAlive: ReturnType<typeof lifeSigns> },
  { id, round, settings }: RunRecord,
): Promise<{ readonly present: ReadonlySet<number>; readonly answers: ReadonlyMap<number, Done> }> {
  const keys = numbers(settings.members).map((member) => memberKey(name, member));
  const places = await Promise.all(keys.map((key) => readEntry(store, key, read.place)));
  const present = new Set<number>();
  const answers = new Map<number, Done>();
  places.forEach((entry, member) => {
    if (isAlive(keys[member]!, entry)) present.add(member);
    const done = entry?.value.done;
    if (done?.id === id && done.round === round) answers.set(member, done);
  });
  return { present, answers };
}

async function fetchAnswer({ store, weights, settings }: Coordinator, { answer }: Done): Promise<Answer> {
  const found = await receive(store, answer);
  if (found === undefined)
    throw new ExpectedError(`train: expected the object ${answer} of a member's answer, got none`);
  const { arrays } = found;
  expectArrays(answer, arrays, weights);
  return { arrays, isDifference: settings.answers === "fp16" };
}

function meanReport(reports: readonly RoundReport[]): RoundReport {
  const mean = (of: (report: RoundReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
  return {
    loss: mean((report) => report.loss),
    gradNorm: mean((report) => report.gradNorm),
    lr: reports[0]!.lr,
    images: reports.reduce((sum, report) => sum + report.images, 0),
    seconds: Math.max(...reports.map((report) => report.seconds)),
    parts: Object.fromEntries(Object.keys(reports[0]!.parts).map((key) => [key, mean(({ parts }) => parts[key] ?? 0)])),
  };
}

const stepReport = (
  { loss, gradNorm, lr, images, parts }: RoundReport,
  steps: number,
  more: Readonly<Record<string, number>>,
): StepReport => ({ loss, gradNorm, lr, images, parts: { ...parts, ...more }, steps });
