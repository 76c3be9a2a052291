/**
 * A member of a run that several workers train: it takes a place, fetches each round's weights, takes the round's steps by its own
 * optimiser state, and answers. What is its own (moments, random numbers, place in the data) goes to the object store with each
 * answer: whoever takes the place next goes on from there.
 */
import {
  type DisposableTrainee,
  isMoment,
  type NamedArray,
  type SavedTrainee,
  type StepReport,
} from "../../train/index.ts";
import { answerObject, memberKey, ownObject, runKey } from "./layout.ts";
import { type RoundReport, type RunRecord, read } from "./messages.ts";
import type { Arrays } from "./outer.ts";
import { type HeldPlace, LEASE_MS, lifeSigns, pause, takePlace } from "./place.ts";
import { dropObjects, readEntry, type TrainingStore } from "./store.ts";
import { expectArrays, receive, send, writeArrays, writeDifferences } from "./wire.ts";

/** Between two looks at the run's record, in ms. */
const LOOK_MS = 150;
/** Between two such looks while steps are taken. */
const GLANCE_MS = 1000;

export interface MemberOptions {
  readonly store: TrainingStore;
  readonly name: string;
  /** This process, among all of the run: letters, digits and hyphens. */
  readonly worker: string;
  /** Told of every run that is met, before a place is taken. Throws where this worker does not belong to it. */
  readonly expect: (run: RunRecord) => void;
  /** Opens what is trained with a member's share. */
  readonly open: (share: { readonly member: number; readonly members: number }) => Promise<DisposableTrainee>;
  readonly leaseMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: (line: string) => void;
}

/** What a worker did. */
export interface MemberResult {
  readonly rounds: number;
  readonly steps: number;
  readonly images: number;
  /** In steps, and fetching and storing weights and states; the rest was waiting. */
  readonly stepSeconds: number;
  readonly exchangeSeconds: number;
  /** Whether the run came to its end. */
  readonly finished: boolean;
}

interface Member extends MemberOptions {
  readonly run: RunRecord;
  readonly member: number;
  readonly place: HeldPlace;
  /** Aborted when the worker shall end or has lost its place. */
  readonly stop: AbortSignal;
}

type Counts = { -readonly [K in keyof MemberResult]: MemberResult[K] };

/** Works for a run until it is finished, or the signal is aborted. */
export async function joinRun(options: MemberOptions): Promise<MemberResult> {
  const counts: Counts = { rounds: 0, steps: 0, images: 0, stepSeconds: 0, exchangeSeconds: 0, finished: false };
  const { signal, log } = options;
  try {
    // What had ended before is not this worker's: another run of the name will begin.
    const before = await readEntry(options.store, runKey(options.name), read.run);
    const ended = before?.value.isFinished ? before.value.id : undefined;
    for (;;) {
      const run = await awaitRun(options, ended);
      if (run.isFinished) return { ...counts, finished: true };
      options.expect(run);
      const seat = await awaitPlace(options, run);
      if (seat === undefined) continue;
      const stop = AbortSignal.any([seat.place.lost, ...(signal === undefined ? [] : [signal])]);
      log(`member ${seat.member} of ${run.settings.members} of run "${options.name}"`);
      try {
        await serve({ ...options, run, ...seat, stop }, counts);
      } catch (error) {
        if (error !== seat.place.lost.reason) throw error;
        log(`${(error as Error).message}; looking for another place`);
      } finally {
        await seat.place.release();
      }
    }
  } catch (error) {
    if (signal?.aborted === true && error === signal.reason) return counts;
    throw error;
  }
}

/** The run of the name, once there is another than the one that had ended. */
async function awaitRun({ store, name, signal, log }: MemberOptions, ended: string | undefined): Promise<RunRecord> {
  for (let isTold = false; ; isTold = true) {
    const entry = await readEntry(store, runKey(name), read.run);
    if (entry !== undefined && entry.value.id !== ended) return entry.value;
    if (!isTold) log(`waiting for a run "${name}" to begin`);
    await pause(LOOK_MS, signal);
  }
}

/** A free place; waits for one as a spare. @returns undefined where the run ended or gave way to another meanwhile */
async function awaitPlace(
  { store, name, worker, leaseMs = LEASE_MS, signal, log }: MemberOptions,
  { id, settings }: RunRecord,
): Promise<Pick<Member, "member" | "place"> | undefined> {
  const isAlive = lifeSigns();
  for (let isTold = false; ; isTold = true) {
    for (let member = 0; member < settings.members; member++) {
      const key = memberKey(name, member);
      const entry = await readEntry(store, key, read.place);
      if (isAlive(key, entry)) continue;
      const place = await takePlace(store, key, worker, entry, leaseMs);
      if (place !== undefined) return { member, place };
    }
    if (!isTold)
      log(`all ${settings.members} places of run "${name}" are taken: waiting to take over from one that leaves`);
    await pause(LOOK_MS, signal);
    const now = await readEntry(store, runKey(name), read.run);
    if (now === undefined || now.value.id !== id || now.value.isFinished) return undefined;
  }
}

/** Takes part in round after round, until the run is finished or another. */
async function serve(at: Member, counts: Counts): Promise<void> {
  const { store, name, run, member, place, stop, log } = at;
  const trainee = await at.open({ member, members: run.settings.members });
  try {
    if (place.done?.id === run.id && (await inherit(at, trainee, place.done.own)))
      log(`member ${member}: goes on from the state after round ${place.done.round}`);
    let last = place.done?.id === run.id ? place.done.round : -1;
    for (;;) {
      stop.throwIfAborted();
      const now = (await readEntry(store, runKey(name), read.run))?.value;
      if (now === undefined || now.id !== run.id || now.isFinished) return;
      if (now.round <= last || now.end <= now.step) {
        await pause(LOOK_MS, stop);
        continue;
      }
      const begin = performance.now();
      const report = await takePart(at, trainee, now);
      if (report === undefined) continue;
      counts.stepSeconds += report.seconds;
      counts.exchangeSeconds += (performance.now() - begin) / 1000 - report.seconds;
      last = now.round;
      counts.rounds++;
      counts.steps += now.end - now.step;
      counts.images += report.images;
      const pace = (report.images / report.seconds).toPrecision(3);
      log(
        `round ${now.round}, steps ${now.step + 1} to ${now.end}: loss ${report.loss.toPrecision(4)}, ${pace} images/s`,
      );
    }
  } finally {
    await trainee.dispose();
  }
}

/** Takes the state that the place's last holder left. @returns false where there is none any more */
async function inherit({ store }: Member, trainee: DisposableTrainee, object: string): Promise<boolean> {
  const found = await receive(store, object);
  if (found === undefined) return false;
  await takeIn(trainee, found.arrays, found.json);
  return true;
}

/** Replaces a part of a trainee's state. */
async function takeIn(trainee: DisposableTrainee, arrays: Arrays, json?: SavedTrainee["json"]): Promise<void> {
  const now = await trainee.save();
  trainee.load({ step: 0, json: json ?? now.json, arrays: new Map([...now.arrays, ...arrays]) });
}

/** One round. @returns undefined where it was over before this member was done */
async function takePart(at: Member, trainee: DisposableTrainee, now: RunRecord): Promise<RoundReport | undefined> {
  const { store, name, place, stop, log } = at;
  const file = await receive(store, now.weights);
  // Of another round: the record is an old one by now.
  if (file?.json.round !== now.round) return undefined;
  await takeIn(trainee, file.arrays);
  const reports: StepReport[] = [];
  const begin = performance.now();
  let glanced = begin;
  for (let step = now.step + 1; step <= now.end; step++) {
    stop.throwIfAborted();
    const before = performance.now();
    reports.push(await trainee.step(step));
    place.noteStep(performance.now() - before);
    if (performance.now() - glanced < GLANCE_MS || step === now.end) continue;
    glanced = performance.now();
    const current = (await readEntry(store, runKey(name), read.run))?.value;
    if (current?.id === now.id && current.round === now.round) continue;
    log(`round ${now.round} was over after ${step - now.step} of ${now.end - now.step} steps: left`);
    return undefined;
  }
  stop.throwIfAborted();
  const report = meanOfSteps(reports, (performance.now() - begin) / 1000);
  await answer(at, await trainee.save(), now, file.arrays, report);
  return report;
}

/** Stores what the steps came to, and then says so. */
async function answer(
  { store, worker, member, place }: Member,
  { json, arrays }: SavedTrainee,
  { id, round, settings }: RunRecord,
  base: Arrays,
  report: RoundReport,
): Promise<void> {
  const before = place.done;
  const [shared, own] = [new Map<string, NamedArray>(), new Map<string, NamedArray>()];
  for (const [name, array] of arrays) (isMoment(name) ? own : shared).set(name, array);
  expectArrays(`member ${member}`, shared, base);
  const names = {
    answer: answerObject(id, member, worker, before?.answer),
    own: ownObject(id, member, worker, before?.own),
  };
  await send(store, names.answer, (path) =>
    settings.answers === "fp16" ? writeDifferences(path, shared, base) : writeArrays(path, shared, { round }),
  );
  await send(store, names.own, (path) => writeArrays(path, own, json));
  if (!(await place.answer({ id, round, ...names, report }))) place.lost.throwIfAborted();
  // What another holder of the place left is of no use any more.
  const isAnothers = (object: string): boolean => !object.includes(`.${worker}.`);
  if (before?.id === id) await dropObjects(store, [before.answer, before.own].filter(isAnothers));
}

function meanOfSteps(reports: readonly StepReport[], seconds: number): RoundReport {
  const mean = (of: (report: StepReport) => number): number =>
    reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
  return {
    loss: mean(({ loss }) => loss),
    gradNorm: mean(({ gradNorm }) => gradNorm),
    lr: reports.at(-1)!.lr,
    images: reports.reduce((sum, { images }) => sum + images, 0),
    seconds,
    parts: Object.fromEntries(Object.keys(reports[0]!.parts).map((key) => [key, mean(({ parts }) => parts[key] ?? 0)])),
  };
}
