// How a cluster of many workers stands, from what a picture was measured to take: which part gives in first, and which layout carries it.
import { poisson, simulate, uniforms } from "./queue-network.mjs";

/** Share of a core that a part may be at work: beyond it queues grow long. */
const MOST_USE = 0.7;

/**
 * @typedef {object} Costs of a picture
 * @property {number} drawSeconds of one worker
 * @property {number} frontMs of one core of a front end
 * @property {number} natsMs of one core of the NATS server
 * @property {number} idleMs of one core of the NATS server that a worker without work takes a second
 *
 * @typedef {object} Layout
 * @property {number} fronts front ends, of one core each, as a Node process has
 * @property {number} parts NATS servers that each lead a part of the work, counted as one core each: a stream has one lock
 */

/** Pictures a second that so many workers draw at most. */
const drawnBy = (workers, { drawSeconds }) => workers / drawSeconds;

/** Cores of NATS that workers without work take. */
const idleCores = (workers, { idleMs }) => (idleMs * workers) / 1000;

/**
 * What each part can carry alone, in workers: of those that are always at work, and of those that have none.
 * @param {Costs} costs
 */
export const limits = (costs) => ({
  "one front end": (1000 / costs.frontMs) * costs.drawSeconds,
  "one NATS server's stream": (1000 / costs.natsMs) * costs.drawSeconds,
  "one NATS server, of workers without work,": 1000 / costs.idleMs,
});

/**
 * The least layout whose parts are at work for at most {@link MOST_USE} while the workers draw `load` of what they can, and while they have nothing to draw.
 * @param {number} workers
 * @param {Costs} costs
 * @returns {Layout}
 */
export function layoutFor(workers, costs, load = 0.9) {
  const rate = load * drawnBy(workers, costs);
  const busy = (rate * costs.natsMs) / 1000 + idleCores((1 - load) * workers, costs);
  return {
    fronts: Math.ceil((rate * costs.frontMs) / 1000 / MOST_USE),
    parts: Math.ceil(Math.max(busy, idleCores(workers, costs)) / MOST_USE),
  };
}

/**
 * Simulates pictures that arrive at random at `load` of what the workers can draw. Each is taken by a front end, put into a stream, drawn by
 * any worker of that stream, kept, and told of by its front end; of what it takes a front end and NATS, half is before it is drawn.
 * @param {{ workers: number, costs: Costs, layout: Layout, load?: number, jobs?: number, seed?: number }} options
 */
export function simulateCluster({ workers, costs, layout, load = 0.9, jobs = 40_000, seed = 1 }) {
  const { fronts, parts } = layout;
  const random = uniforms(seed);
  const any = (count) => Math.floor(count * random());
  /** Share of a core of NATS that workers without work leave. */
  const left = 1 - idleCores((1 - load) * workers, costs) / parts;
  if (left <= 0)
    return {
      perSecond: 0,
      asked: load * drawnBy(workers, costs),
      late: Number.POSITIVE_INFINITY,
      use: { fronts: 0, nats: 1, workers: 0 },
    };
  const servers = {
    ...Object.fromEntries(Array.from({ length: fronts }, (_, i) => [`front ${i}`, 1])),
    ...Object.fromEntries(Array.from({ length: parts }, (_, i) => [`nats ${i}`, 1])),
    ...Object.fromEntries(Array.from({ length: parts }, (_, i) => [`workers ${i}`, Math.floor((workers + i) / parts)])),
  };
  const asked = load * drawnBy(workers, costs);
  const visitsOf = () => {
    const part = any(parts);
    const front = { station: `front ${any(fronts)}`, seconds: costs.frontMs / 2000 };
    const nats = { station: `nats ${part}`, seconds: costs.natsMs / 2000 / left };
    return [front, nats, { station: `workers ${part}`, seconds: costs.drawSeconds }, nats, front];
  };
  const { stations, perSecond, inside } = simulate({ servers, nextArrival: poisson(asked, random), visitsOf, jobs });
  const busiest = (kind) =>
    Math.max(...Object.entries(stations).flatMap(([name, { use }]) => (name.startsWith(kind) ? [use] : [])));
  return {
    asked,
    perSecond,
    /** Seconds that 99 of 100 wait at most, wherever. */
    late: inside[Math.floor(0.99 * inside.length)],
    use: { fronts: busiest("front"), nats: busiest("nats"), workers: busiest("workers") },
  };
}
