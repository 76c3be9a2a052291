/** What `deploy/` says is what the project and NATS do. Building the image takes Docker, which tests have not. */
import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { freePort, hasNats, startNats } from "../recipes/lib/nats-server.mjs";
import { knownModel } from "../src/cli/served.ts";
import { openCluster } from "../src/cluster/index.ts";
import { type ClusterState, createServerApp, type JobEngine } from "../src/server/index.ts";
import {
  argumentsOf,
  atPath,
  deployFile,
  objectsWith,
  type Tree,
  unitCommand,
  usedBy,
  yamlDocuments,
} from "./support/deploy.ts";
import { commandProblem } from "./support/doc-commands.ts";
import { projectRoot } from "./support/imports.ts";
import { codeBlocks } from "./support/markdown.ts";
import { metricTypes, metricValues } from "./support/metrics.ts";

const compose = yamlDocuments(deployFile("compose.yaml"));
const kubernetes = yamlDocuments(deployFile("kubernetes.yaml"));
const units = ["flexvar-serve.service", "flexvar-worker@.service"];
const UNIT_VARIABLES = { MODEL: "emoji" };
const IMAGE = "flexvar";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("command lines", () => {
  const lines = [
    ...argumentsOf(compose, IMAGE).map((words) => ["compose.yaml", words] as const),
    ...argumentsOf(kubernetes, IMAGE).map((words) => ["kubernetes.yaml", words] as const),
    ...units.map((name) => [name, unitCommand(deployFile(name), UNIT_VARIABLES).slice(1)] as const),
    ["Dockerfile", JSON.parse(/^CMD (.*)$/m.exec(deployFile("Dockerfile"))![1]!) as string[]] as const,
  ];

  test("are those of a front end and of a worker everywhere", () => {
    const commands = lines.map(([at, words]) => `${at} ${words[0]}`);
    expect(commands).toEqual([
      "compose.yaml serve",
      "compose.yaml worker",
      "kubernetes.yaml serve",
      "kubernetes.yaml worker",
      "flexvar-serve.service serve",
      "flexvar-worker@.service worker",
      "Dockerfile serve",
    ]);
  });

  test.each(lines)("%s: %s", async (at, words) => {
    // Units have it from their file of variables; a wrong flag is one all the same.
    if (at.endsWith(".service")) vi.stubEnv("FLEXVAR_CLUSTER", "nats://queue.example.org:4222");
    expect(await commandProblem({ at, words: ["flexvar", ...words], environment: {}, whole: true })).toBe(undefined);
  });

  test("a wrong one is found", async () => {
    const words = ["flexvar", "worker", "--cluster", "nats://nats:4222", "--modle", "emoji"];
    expect(await commandProblem({ at: "", words, environment: {}, whole: true })).toMatch(/--modle/);
  });

  test("a server that other machines reach has its token from FLEXVAR_TOKEN, and every name by which it is called", () => {
    const front = compose[0]!.services as { front: { environment: object; command: string[] } };
    expect(Object.keys(front.front.environment)).toEqual(["FLEXVAR_TOKEN"]);
    expect(front.front.command.slice(-2)).toEqual(["--allow-host", "front"]);
    const container = objectsWith("image", kubernetes).find((one) => one.name === "front")!;
    expect(container.env).toEqual([
      { name: "FLEXVAR_TOKEN", valueFrom: { secretKeyRef: { name: IMAGE, key: "token" } } },
    ]);
    const args = container.args as string[];
    expect(args[args.indexOf("--allow-host") + 1]).toBe(named("Service", "flexvar").metadata.name);
    for (const name of units) {
      expect(deployFile(name)).toMatch(/^# .*\/etc\/flexvar\.env holds FLEXVAR_CLUSTER .*MODEL/m);
      expect(deployFile(name)).toContain("EnvironmentFile=/etc/flexvar.env\n");
    }
    expect(deployFile("flexvar-serve.service")).toContain("FLEXVAR_TOKEN");
  });
});

/** A Kubernetes object. */
function named(kind: string, name: string) {
  const found = kubernetes.find((one) => one.kind === kind && (one.metadata as Tree).name === name);
  if (found === undefined) throw new Error(`kubernetes.yaml: expected the ${kind} ${name}, got none`);
  return found as Tree & { metadata: { name: string }; spec: Tree };
}

describe("names", () => {
  test("the image that compose builds is the one that everything runs", () => {
    const images = [...objectsWith("image", compose), ...objectsWith("image", kubernetes)].map(({ image }) => image);
    expect([...new Set(images)].sort()).toEqual([IMAGE, "nats:2-alpine"]);
    const built = objectsWith("build", compose).map(({ image, build }) => [image, build]);
    expect(built).toEqual([[IMAGE, { context: "..", dockerfile: "deploy/Dockerfile" }]]);
    expect(deployFile("Dockerfile")).toContain("docker build -f deploy/Dockerfile -t flexvar .");
  });

  test("services choose pods that are there, and what is scaled is a deployment", () => {
    const pods = objectsWith("containers", kubernetes);
    expect(pods).toHaveLength(3);
    const labels = objectsWith("template", kubernetes).map((one) => atPath("template.metadata.labels.app", one));
    const chosen = kubernetes
      .filter(({ kind }) => kind === "Service")
      .map(({ spec }) => ((spec as Tree).selector as Tree).app);
    expect(labels).toEqual(expect.arrayContaining(chosen));
    const scaled = (named("ScaledObject", "flexvar-worker").spec.scaleTargetRef as Tree).name;
    expect(named("Deployment", String(scaled)).spec.replicas).toBeGreaterThan(0);
  });

  test("addresses of NATS are those of the service", () => {
    const [nats] = [named("Service", "nats")];
    const ports = nats.spec.ports as { name: string; port: number }[];
    const text = deployFile("kubernetes.yaml");
    const used = [...text.matchAll(/\/\/nats:(\d+)/g)].map(([, port]) => Number(port));
    expect(new Set(used)).toEqual(new Set(ports.map(({ port }) => port)));
  });
});

test.runIf(hasNats)("the depth that Kubernetes scales by is one that NATS tells", async () => {
  const [trigger] = named("ScaledObject", "flexvar-worker").spec.triggers as [
    { type: string; metadata: { url: string; valueLocation: string } },
  ];
  expect(trigger.type).toBe("metrics-api");
  const port = await freePort();
  const nats = await startNats({ config: `http: 127.0.0.1:${port}\n` });
  try {
    const cluster = await openCluster({ url: nats.url });
    for (const number of [1, 2, 3]) await cluster.stream.publish(`flexvar.work.m.any.small.abcd.efghijkl.${number}`);
    const { url, valueLocation } = trigger.metadata;
    const answer = await fetch(url.replace("nats:8222", `127.0.0.1:${port}`));
    expect(atPath(valueLocation, await answer.json())).toBe(3);
    await cluster.close();
  } finally {
    await nats.stop();
  }
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;
test.runIf(hasSystemd)("systemd accepts the units", async () => {
  const folder = await mkdtemp(join(tmpdir(), "flexvar-units-"));
  try {
    const files = units.map((name) => [name, join(folder, name.replace("@", "@1"))] as const);
    for (const [name, file] of files) await copyFile(join(projectRoot, "deploy", name), file);
    const { stderr, status } = spawnSync("systemd-analyze", ["verify", ...files.map(([, file]) => file)], {
      encoding: "utf8",
    });
    // Whether the program is installed is not the units' matter.
    const problems = stderr.split("\n").filter((line) => line.includes(folder) || /flexvar/.test(line));
    expect(problems.filter((line) => !/is not executable: No such file/.test(line))).toEqual([]);
    expect([0, 1]).toContain(status);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** A cluster with something of everything. */
const state: ClusterState = {
  open: 3,
  unserved: 1,
  oldestSeconds: 4,
  queues: [
    {
      ...{ model: "m1", machines: "any", lane: "small" },
      ...{ waiting: 2, atWork: 1, atWorkAgain: 1, deliveries: 9, oldestSeconds: 3 },
    },
  ],
  dead: { m1: 1 },
  workers: [
    {
      ...{ id: "w1", model: { name: "tiny", hash: "m1" }, fingerprint: "f0" },
      ...{ pictures: 8, batches: 4, redeliveries: 1, drawing: 10, storing: 1 },
    },
  ],
};

/** What `/metrics` of a front end says. */
async function metricsText(): Promise<string> {
  const { model } = await knownModel({ model: join(projectRoot, "models", "fashion") });
  const server = createServerApp({
    model,
    engine: ({ metrics }) => {
      metrics.stage("waiting", 10);
      metrics.ended("done", 1);
      return { cluster: async () => state } as JobEngine;
    },
  });
  await server.app.request("http://localhost/healthz");
  return await (await server.app.request("http://localhost/metrics")).text();
}

describe("the dashboard", () => {
  const board = JSON.parse(deployFile("grafana.json")) as { panels: Tree[]; templating: { list: Tree[] } };
  const expressions = objectsWith("expr", board).map(({ expr }) => String(expr));
  const queries = board.templating.list.filter(({ type }) => type === "query").map(({ query }) => String(query));

  test("names only metrics that the server has, and shows all of them", async () => {
    const types = metricTypes(await metricsText());
    const base = (name: string): string => {
      const own = name.replace(/_(bucket|sum|count)$/, "");
      return types[own] === "histogram" ? own : name;
    };
    const named = [...expressions, ...queries].flatMap((text) => usedBy(text).metrics).map(base);
    expect(named.filter((name) => !(name in types))).toEqual([]);
    const shown = new Set(expressions.flatMap((text) => usedBy(text).metrics).map(base));
    expect(Object.keys(types).filter((name) => !shown.has(name))).toEqual([]);
  });

  test("groups and chooses by labels that the metrics have, and takes the rate of totals only", async () => {
    const text = await metricsText();
    const labelled = Object.keys(metricValues(text));
    for (const expression of expressions) {
      const { metrics, labels } = usedBy(expression);
      const known = labelled.filter((series) => metrics.includes(series.split("{")[0]!)).join();
      // What Prometheus adds itself.
      const missing = labels.filter((label) => label !== "instance" && !known.includes(`${label}="`));
      expect([expression, missing]).toEqual([expression, []]);
      const rated = [...expression.matchAll(/rate\((\w+)/g)].map(([, name]) => name!);
      expect(rated.filter((name) => !/_(total|bucket)$/.test(name))).toEqual([]);
    }
  });

  test("has titles, numbers and places of their own, and variables that are declared", () => {
    const ids = board.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = board.panels.flatMap(({ gridPos }) => {
      const { x, y, w, h } = gridPos as { x: number; y: number; w: number; h: number };
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    const declared = new Set(board.templating.list.map(({ name }) => name));
    const used = [...JSON.stringify(board).matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    expect(used.filter((name) => !declared.has(name))).toEqual([]);
  });
});

test("what the README says of Prometheus is YAML that scrapes a name that the front end answers to", () => {
  const [block] = codeBlocks(deployFile("README.md")).filter(({ language }) => language === "yaml");
  const [job] = yamlDocuments(block!.text)[0]!.scrape_configs as [{ static_configs: [{ targets: string[] }] }];
  expect(job.static_configs[0].targets).toEqual(["front:8080"]);
});
