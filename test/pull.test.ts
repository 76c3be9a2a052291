/** `flexvar pull` as a process: stopped, killed, and used by name. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { folderFiles, type HubFault, type HubRequest, startHub, type TestHub } from "../recipes/lib/hub-server.mjs";
import { FlexVAR } from "../src/index.ts";
import { buildCli, flexvar } from "./support/cli.ts";

const FILES = ["config.json", "tokenizer.safetensors", "transformer.safetensors"];
const files = folderFiles("models/fashion", FILES);
const total = Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0);

let folder: string;
let hub: TestHub;
let fault: (request: HubRequest) => HubFault | undefined = () => undefined;

beforeAll(async () => {
  await buildCli();
  folder = await mkdtemp(join(tmpdir(), "flexvar-pull-"));
  hub = await startHub({ fault: (request) => fault(request) });
  await hub.commit("maker/fashion", files);
  vi.stubEnv("HF_ENDPOINT", hub.endpoint);
  vi.stubEnv("HF_HUB_CACHE", join(folder, "hub"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(folder, { recursive: true });
});

const slow = ({ kind, isProbe }: HubRequest): HubFault | undefined =>
  kind === "bytes" && !isProbe ? { bytesPerSecond: 1_000_000 } : undefined;

test("a name that is not here is not downloaded unasked", async () => {
  const { code, stderr } = await flexvar(folder, ["classes", "--model", "maker/fashion"]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /^flexvar: --model: expected a model that is here, .*5\.\d MB from maker\/fashion \(licence: mit\); flexvar pull maker\/fashion downloads it, and so does --yes\n$/,
    ),
  ]);
  expect(hub.sent.bytes).toBe(0);
}, 60_000);

test("a shipped model opens by its name in code, wherever the process runs", async () => {
  const here = process.cwd();
  process.chdir(folder);
  try {
    await using pipe = await FlexVAR.fromPretrained("fashion");
    expect(pipe.labels).toContain("dress");
  } finally {
    process.chdir(here);
  }
});

test("Ctrl-C ends it with exit 130, kill at once; what came is gone on with, and the model is used by its name", async () => {
  fault = slow;
  const atTransformer = (stderr: string): boolean => /% transformer/.test(stderr);
  let sent = false;
  const stopped = await flexvar(folder, ["pull", "maker/fashion"], (child, stderr) => {
    if (!sent && atTransformer(stderr)) child.kill("SIGINT");
    sent ||= atTransformer(stderr);
  });
  expect([stopped.code, stopped.stderr.trim().split("\n").at(-1)]).toEqual([
    130,
    "flexvar: stopped by SIGINT; files already written are whole",
  ]);
  const killed = await flexvar(folder, ["pull", "maker/fashion"], (child, stderr) => {
    if (atTransformer(stderr)) child.kill("SIGKILL");
  });
  expect(killed.code).toBeNull();
  const blobs = await readdir(join(folder, "hub", "models--maker--fashion", "blobs"));
  expect(blobs.filter((name) => name.endsWith(".flexvar-part"))).toHaveLength(1);
  fault = () => undefined;
  const drawn = await flexvar(folder, [
    "generate",
    "--model",
    "maker/fashion",
    "--yes",
    "--class",
    "dress",
    "--out",
    "out",
  ]);
  expect([drawn.code, drawn.stderr]).toEqual([0, expect.any(String)]);
  expect(await readdir(join(folder, "out"))).toEqual(["000.png"]);
  expect(hub.sent.bytes).toBeLessThan(1.1 * total);
  const listed = JSON.parse((await flexvar(folder, ["models", "--json"])).stdout) as {
    models: { name: string; state: string }[];
  };
  expect(listed.models.find(({ name }) => name === "maker/fashion")?.state).toBe("cached");
  expect((await flexvar(folder, ["models", "rm", "maker/fashion"])).stdout).toMatch(
    /^maker\/fashion removed: 5\.\d MB free\n$/,
  );
  const offline = await flexvar(folder, ["generate", "--model", "maker/fashion", "--offline", "--class", "dress"]);
  expect([offline.code, offline.stderr]).toEqual([1, expect.stringContaining("(offline)")]);
}, 120_000);
