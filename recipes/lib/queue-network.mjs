// A discrete-event simulation of a network of queues: jobs arrive, visit stations one after the other, and leave.

/**
 * @typedef {object} Visit
 * @property {string} station
 * @property {number} seconds that one of the station's servers works at it
 *
 * @typedef {object} StationResult
 * @property {number} use share of its servers' time at work
 * @property {number} meanWait seconds in the queue, by visit
 *
 * @typedef {object} NetworkResult
 * @property {Record<string, StationResult>} stations
 * @property {number} perSecond jobs that left a second
 * @property {readonly number[]} inside seconds that each job was inside beyond what was worked at it, sorted
 */

/**
 * First come, first served at every station. Jobs of the first part only fill the network and are not counted.
 * @param {object} options
 * @param {Readonly<Record<string, number>>} options.servers of every station
 * @param {() => number} options.nextArrival seconds between two arrivals
 * @param {(job: number) => readonly Visit[]} options.visitsOf
 * @param {number} options.jobs how many arrive
 * @param {number} [options.filling] share of them that is not counted
 * @returns {NetworkResult}
 */
export function simulate({ servers, nextArrival, visitsOf, jobs, filling = 0.2 }) {
  const stations = new Map(
    Object.entries(servers).map(([name, count]) => [
      name,
      { count, free: count, queue: fifo(), busy: 0, wait: 0, visits: 0 },
    ]),
  );
  const events = heap();
  const counted = Math.floor(filling * jobs);
  const inside = [];
  let [begun, now, left] = [0, 0, 0];
  const arrive = (job, at) =>
    events.push({ at, job: { number: job, arrived: at, visits: visitsOf(job), step: 0, worked: 0, queued: 0 } });
  /** The job's turn at its next station, or its end. */
  const go = (job) => {
    const visit = job.visits[job.step];
    if (visit === undefined) {
      if (job.number < counted) return;
      if (left++ === 0) begun = now;
      inside.push(now - job.arrived - job.worked);
      return;
    }
    const station = stations.get(visit.station);
    if (station === undefined)
      throw new Error(`simulate: expected one of ${[...stations.keys()]}, got ${visit.station}`);
    job.queued = now;
    if (station.free > 0) start(station, job);
    else station.queue.push(job);
  };
  const start = (station, job) => {
    const { seconds } = job.visits[job.step];
    station.free--;
    if (job.number >= counted) {
      station.wait += now - job.queued;
      station.visits++;
    }
    events.push({ at: now + seconds, job, station, seconds });
  };
  arrive(0, 0);
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = event.at;
    const { job, station, seconds } = event;
    if (station === undefined) {
      if (job.number + 1 < jobs) arrive(job.number + 1, now + nextArrival());
    } else {
      station.free++;
      if (job.number >= counted) station.busy += seconds;
      job.worked += seconds;
      job.step++;
      const next = station.queue.shift();
      if (next !== undefined) start(station, next);
    }
    go(job);
  }
  const span = now - begun;
  return {
    stations: Object.fromEntries(
      [...stations].map(([name, { count, busy, wait, visits }]) => [
        name,
        { use: busy / (count * span), meanWait: visits === 0 ? 0 : wait / visits },
      ]),
    ),
    perSecond: left / span,
    inside: inside.sort((a, b) => a - b),
  };
}

/** Values in and out in order, each in constant time. */
function fifo() {
  let [items, first] = [[], 0];
  return {
    push: (item) => items.push(item),
    shift() {
      if (first === items.length) return undefined;
      const item = items[first++];
      if (first > 1000 && 2 * first > items.length) [items, first] = [items.slice(first), 0];
      return item;
    },
  };
}

/** Events by their time, the earliest first; of equal ones the one that was put in first. */
function heap() {
  const items = [];
  let pushed = 0;
  const isBefore = (a, b) => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swap = (i, j) => ([items[i], items[j]] = [items[j], items[i]]);
  return {
    push(event) {
      items.push({ ...event, order: pushed++ });
      for (let i = items.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!isBefore(items[i], items[parent])) break;
        swap(i, parent);
        i = parent;
      }
    },
    pop() {
      const top = items[0];
      const last = items.pop();
      if (items.length === 0) return top;
      items[0] = last;
      for (let i = 0; ; ) {
        const [left, right] = [2 * i + 1, 2 * i + 2];
        let least = i;
        if (left < items.length && isBefore(items[left], items[least])) least = left;
        if (right < items.length && isBefore(items[right], items[least])) least = right;
        if (least === i) return top;
        swap(i, least);
        i = least;
      }
    },
  };
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
export function uniforms(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Times between arrivals that know nothing of each other, `rate` a second. */
export const poisson = (rate, random) => () => -Math.log(1 - random()) / rate;
