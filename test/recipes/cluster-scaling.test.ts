import { describe, expect, test } from "vitest";
import { layoutFor, limits, simulateCluster } from "../../recipes/lib/cluster-layout.mjs";
import { poisson, simulate, uniforms } from "../../recipes/lib/queue-network.mjs";

const one = (servers: number, rate: number, seconds: () => number, jobs = 60_000) =>
  simulate({
    servers: { desk: servers },
    nextArrival: poisson(rate, uniforms(7)),
    visitsOf: () => [{ station: "desk", seconds: seconds() }],
    jobs,
  });

/** Probability that who arrives has to wait, of `servers` with `load` erlangs (Erlang C). */
function erlangC(servers: number, load: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) sum += term *= load / k;
  const last = (term * load) / servers / (1 - load / servers);
  return last / (sum + last);
}

describe("the simulation of queues", () => {
  test.each([0.3, 0.6, 0.85])("waits as M/D/1 does at a load of %d (Pollaczek and Khinchine)", (load) => {
    const { stations, perSecond } = one(1, load, () => 1);
    expect(stations.desk!.meanWait).toBeCloseTo(load / (2 * (1 - load)), load > 0.8 ? 0 : 1);
    expect(stations.desk!.meanWait / (load / (2 * (1 - load)))).toBeGreaterThan(0.93);
    expect(stations.desk!.meanWait / (load / (2 * (1 - load)))).toBeLessThan(1.07);
    expect(stations.desk!.use).toBeCloseTo(load, 2);
    expect(perSecond).toBeCloseTo(load, 2);
  });

  test.each([1, 4, 20])("waits as M/M/%d does (Erlang)", (servers) => {
    const random = uniforms(3);
    const load = 0.8 * servers;
    const { stations } = one(servers, load, () => -Math.log(1 - random()), 150_000);
    const expected = erlangC(servers, load) / (servers - load);
    expect(stations.desk!.meanWait / expected).toBeGreaterThan(0.9);
    expect(stations.desk!.meanWait / expected).toBeLessThan(1.1);
  });

  test("M/D/c waits about half as long as M/M/c", () => {
    const wait = one(10, 8.5, () => 1).stations.desk!.meanWait;
    const ratio = wait / (erlangC(10, 8.5) / 1.5);
    expect(ratio).toBeGreaterThan(0.45);
    expect(ratio).toBeLessThan(0.6);
  });

  test("more than it can carry comes out at what it carries, at the narrowest station", () => {
    const { perSecond, stations } = simulate({
      servers: { wide: 3, narrow: 2 },
      nextArrival: () => 0.1,
      visitsOf: () => [
        { station: "wide", seconds: 0.2 },
        { station: "narrow", seconds: 0.5 },
      ],
      jobs: 5000,
    });
    expect(perSecond).toBeCloseTo(4, 1);
    expect([stations.narrow!.use, stations.wide!.use].map((use) => Math.round(10 * use))).toEqual([10, 3]);
  });

  test("arrivals at even times that each find a free server never wait", () => {
    const { inside } = simulate({
      servers: { a: 1, b: 1 },
      nextArrival: () => 1,
      visitsOf: () => [
        { station: "a", seconds: 0.5 },
        { station: "b", seconds: 0.9 },
      ],
      jobs: 100,
    });
    expect(Math.max(...inside)).toBeCloseTo(0, 9);
    expect(inside).toHaveLength(80);
  });

  test("a station that is not there is named", () => {
    const visitsOf = () => [{ station: "c", seconds: 1 }];
    expect(() => simulate({ servers: { a: 1 }, nextArrival: () => 1, visitsOf, jobs: 1 })).toThrow(
      /expected one of a, got c/,
    );
  });
});

describe("the layout of a cluster", () => {
  const costs = { drawSeconds: 0.4, frontMs: 2.5, natsMs: 1.5, idleMs: 0.1 };

  test("what gives in first gives in where it is said to", () => {
    const carried = limits(costs);
    expect(carried["one front end"]).toBeCloseTo(160, 9);
    expect(carried["one NATS server's stream"]).toBeCloseTo(266.67, 2);
    expect(carried["one NATS server, of workers without work,"]).toBeCloseTo(10_000, 6);
    const small = { fronts: 1, parts: 1 };
    const below = simulateCluster({ workers: 120, costs, layout: small });
    expect(below.perSecond / below.asked).toBeGreaterThan(0.97);
    const above = simulateCluster({ workers: 400, costs, layout: small });
    // A front end carries 1000 / 2.5 pictures a second, however many are asked for.
    expect(above.perSecond).toBeGreaterThan(0.95 * 400);
    // Some of what leaves was half done when the count began.
    expect(above.perSecond).toBeLessThan(1.15 * 400);
    expect(above.use.fronts).toBeGreaterThan(0.97);
  });

  test("workers that have nothing to draw need NATS too", () => {
    expect(layoutFor(1000, { ...costs, idleMs: 6 }).parts).toBe(Math.ceil(6 / 0.7));
    const { perSecond } = simulateCluster({
      workers: 30_000,
      costs: { ...costs, idleMs: 6 },
      layout: { fronts: 1, parts: 1 },
    });
    expect(perSecond).toBe(0);
  });

  test("a layout for a thousand workers keeps them at work", () => {
    const layout = layoutFor(1000, costs);
    expect(layout).toEqual({ fronts: 9, parts: 5 });
    const { perSecond, asked, use, late } = simulateCluster({ workers: 1000, costs, layout });
    expect(perSecond / asked).toBeGreaterThan(0.97);
    expect(use.workers).toBeGreaterThan(0.85);
    expect(Math.max(use.fronts, use.nats)).toBeLessThan(0.8);
    expect(late).toBeLessThan(0.4);
  });
});
