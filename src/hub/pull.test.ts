import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderFiles, type HubFault, type HubRequest, startHub, type TestHub } from "../../recipes/lib/hub-server.mjs";
import {
  cachedModel,
  cachedModels,
  type HubProgress,
  hubSettings,
  type ModelOptions,
  pullModel,
  removeModel,
} from "./node.ts";

const FILES = ["config.json", "tokenizer.safetensors", "transformer.safetensors", "README.md"];
const { "config.json": config, "README.md": card } = folderFiles("models/fashion", ["config.json", "README.md"]);
/** Weights are bytes to those who carry them. */
const weights = (size: number): Buffer => Buffer.from(Array.from({ length: size }, (_, i) => (i * i * 31 + i) % 251));
const fashion: Record<string, Uint8Array> = {
  "config.json": config!,
  "README.md": card!,
  "tokenizer.safetensors": weights(150_000),
  "transformer.safetensors": weights(900_000),
};
const REPO = "maker/small";

let folder: string;
let hub: TestHub;
let fault: (request: HubRequest) => HubFault | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-hub-"));
  fault = () => undefined;
  hub = await startHub({ fault: (request) => fault(request) });
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

function options(more: Partial<ModelOptions> & { offline?: boolean; token?: string } = {}): ModelOptions {
  const { offline = false, token, ...rest } = more;
  const cache = join(folder, "hub");
  return { settings: { endpoint: hub.endpoint, cache, token, offline }, imported: join(folder, "models"), ...rest };
}

const transformer = fashion["transformer.safetensors"]!;
const isTransformer = ({ kind, path, isProbe }: HubRequest): boolean =>
  kind === "bytes" && path === "transformer.safetensors" && isProbe === false;

describe("a model folder on the hub", () => {
  test("comes whole, in the layout of Python's library", async () => {
    const commit = await hub.commit(REPO, fashion);
    const progress: HubProgress[] = [];
    const got = await pullModel(REPO, options({ onProgress: (p) => progress.push(p) }));
    const root = join(folder, "hub", "models--maker--small");
    expect(got).toBe(join(root, "snapshots", commit));
    for (const name of FILES) {
      expect(Buffer.compare(await readFile(join(got, name)), fashion[name]!)).toBe(0);
      expect(await readlink(join(got, name))).toMatch(/^\.\.\/\.\.\/blobs\/([0-9a-f]{40}|[0-9a-f]{64})$/);
    }
    expect(await readFile(join(root, "refs", "main"), "utf8")).toBe(commit);
    expect((await readdir(join(root, "blobs"))).filter((name) => name.includes("part"))).toEqual([]);
    expect(progress.at(-1)).toMatchObject({ loaded: progress.at(-1)!.total });
    expect(await cachedModel(REPO, options({ offline: true }))).toBe(got);
  });

  test("is asked for but once, and again when the branch has moved", async () => {
    await hub.commit(REPO, fashion);
    const first = await pullModel(REPO, options());
    const bytes = hub.sent.bytes;
    await hub.commit(REPO, { ...fashion, "README.md": Buffer.from("# another card\n") });
    const second = await pullModel(REPO, options());
    expect(second).not.toBe(first);
    expect(await readFile(join(second, "README.md"), "utf8")).toBe("# another card\n");
    expect(hub.sent.bytes - bytes).toBeLessThan(100);
    expect(await cachedModel(`${REPO}@main`, options())).toBe(second);
  });

  test("of a revision and a folder", async () => {
    const inside = Object.fromEntries(Object.entries(fashion).map(([name, bytes]) => [`a/b/${name}`, bytes]));
    await hub.commit(REPO, { "README.md": Buffer.from("elsewhere") });
    const commit = await hub.commit(REPO, inside, { branch: "v1.0" });
    expect(await pullModel(`${REPO}@v1.0:a/b`, options())).toMatch(new RegExp(`/snapshots/${commit}/a/b$`));
    expect(await pullModel(`${REPO}@${commit}:a/b`, options())).toMatch(/a\/b$/);
    await expect(pullModel(REPO, options())).rejects.toThrow(/^maker\/small: expected a file config.json, got none/);
  });

  test("gives its token to the hub alone", async () => {
    await hub.close();
    hub = await startHub({ token: "hf_secret" });
    await hub.commit(REPO, fashion);
    await expect(pullModel(REPO, options())).rejects.toThrow(/maker\/small@main: expected a repository .*HF_TOKEN/);
    await pullModel(REPO, options({ token: "hf_secret" }));
    const asked = hub.seen.filter(({ kind }) => kind === "cdn");
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test("is confirmed with its size and licence before anything large comes", async () => {
    await hub.commit(REPO, fashion, { licence: "apache-2.0" });
    const total = FILES.reduce((sum, name) => sum + fashion[name]!.length, 0);
    const confirm = async (plan: unknown): Promise<void> => {
      expect(plan).toEqual({ name: REPO, repos: [REPO], bytes: total, licences: ["apache-2.0"] });
      throw new Error("no, thank you");
    };
    await expect(pullModel(REPO, options({ confirm }))).rejects.toThrow("no, thank you");
    expect(hub.sent.bytes).toBe(0);
  });
});

describe("faults", () => {
  test("a connection that breaks is gone on with from where it broke", async () => {
    await hub.commit(REPO, fashion);
    let breaks = 0;
    fault = (request) => (isTransformer(request) && breaks++ < 3 ? { cutAfter: 200_000 } : undefined);
    const got = await pullModel(REPO, options());
    expect(breaks).toBe(4);
    expect(Buffer.compare(await readFile(join(got, "transformer.safetensors")), transformer)).toBe(0);
    const total = FILES.reduce((sum, name) => sum + fashion[name]!.length, 0);
    expect(hub.sent.bytes).toBeLessThan(1.1 * total);
  });

  test("what a stopped run left is gone on with", async () => {
    await hub.commit(REPO, fashion);
    const stop = new AbortController();
    const onProgress = ({ file, loaded }: HubProgress): void => {
      if (file === "transformer.safetensors" && loaded > transformer.length / 2) stop.abort(new Error("stopped"));
    };
    await expect(pullModel(REPO, options({ signal: stop.signal, onProgress }))).rejects.toThrow("stopped");
    expect(await cachedModel(REPO, options())).toBeUndefined();
    const offsets: number[] = [];
    fault = (request) => {
      if (isTransformer(request)) offsets.push(request.offset!);
      return undefined;
    };
    await pullModel(REPO, options());
    expect(offsets).toHaveLength(1);
    expect(offsets[0]).toBeGreaterThan(transformer.length / 2);
  });

  test("a wrong byte is never let in, and what was wrong is fetched anew", async () => {
    await hub.commit(REPO, fashion);
    fault = (request) => (isTransformer(request) ? { corrupt: true } : undefined);
    await expect(pullModel(REPO, options())).rejects.toThrow(
      /^maker\/small\/transformer.safetensors: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64} \(removed\)$/,
    );
    const blobs = await readdir(join(folder, "hub", "models--maker--small", "blobs"));
    expect(blobs.filter((name) => name.includes("part"))).toEqual([]);
    fault = () => undefined;
    const got = await pullModel(REPO, options());
    expect(Buffer.compare(await readFile(join(got, "transformer.safetensors")), transformer)).toBe(0);
  });

  test("a part with wrong bytes of before is thrown away, and a blob that another program left half is too", async () => {
    await hub.commit(REPO, fashion);
    const got = await pullModel(REPO, options());
    const link = join(got, "transformer.safetensors");
    const digest = (await readlink(link)).split("/").at(-1)!;
    const blobs = join(folder, "hub", "models--maker--small", "blobs");
    await rm(join(blobs, digest));
    await writeFile(
      join(blobs, `${digest}.flexvar-part`),
      transformer.map((byte, i) => (i === 7 ? byte ^ 1 : byte)).subarray(0, 1000),
    );
    await pullModel(REPO, options());
    expect(Buffer.compare(await readFile(link), transformer)).toBe(0);
    await writeFile(join(blobs, digest), transformer.subarray(0, 1000));
    await pullModel(REPO, options());
    expect(Buffer.compare(await readFile(link), transformer)).toBe(0);
  });

  test.each([
    [
      "a hub that asks for consent",
      { status: 403, code: "GatedRepo" },
      /expected access, got 403: .*accept its terms .*HF_TOKEN/,
    ],
    ["an unknown repository", { status: 401, code: "RepoNotFound" }, /expected a repository that is there, got 401/],
    [
      "an unknown revision",
      { status: 404, code: "RevisionNotFound" },
      /maker\/small@main: expected a revision that is there, got 404/,
    ],
    ["another refusal", { status: 404 }, /expected a repository and file that are there, got 404/],
    ["a request it does not take", { status: 418 }, /expected an answer of the hub, got 418/],
  ])("%s", async (_, answer, message) => {
    await hub.commit(REPO, fashion);
    fault = () => answer;
    await expect(pullModel(REPO, options())).rejects.toThrow(message);
  });

  test("a hub that is busy is asked again", async () => {
    await hub.commit(REPO, fashion);
    let times = 0;
    fault = () => (times++ < 2 ? { status: 503 } : undefined);
    await pullModel(REPO, options());
    expect(times).toBeGreaterThan(3);
  });

  test("a hub that knows no ranges", async () => {
    await hub.commit(REPO, fashion);
    let cut = true;
    fault = (request) => {
      if (!isTransformer(request)) return undefined;
      const first = cut;
      cut = false;
      return first ? { cutAfter: 100_000 } : { ignoreRange: true };
    };
    await expect(pullModel(REPO, options())).rejects.toThrow(/expected a part of the file, got the whole of it/);
  });

  test("no network: what is there is used, what is not is refused", async () => {
    await expect(pullModel(REPO, options({ offline: true }))).rejects.toThrow(
      /expected a model in the cache, got none.*offline/,
    );
    await hub.close();
    const closed = options().settings;
    await expect(
      pullModel("a/b", { ...options(), settings: closed, signal: AbortSignal.timeout(20_000) }),
    ).rejects.toThrow(/a\/b@main: expected an answer from http:.*, got .*ECONNREFUSED/);
  }, 30_000);

  test("two at once download once", async () => {
    await hub.commit(REPO, fashion);
    fault = (request) => (isTransformer(request) ? { bytesPerSecond: 2_000_000 } : undefined);
    const [one, two] = await Promise.all([pullModel(REPO, options()), pullModel(REPO, options())]);
    expect(one).toBe(two);
    const total = FILES.reduce((sum, name) => sum + fashion[name]!.length, 0);
    expect(hub.sent.bytes).toBeLessThan(1.01 * total);
  });

  test("names that climb out of the cache name nothing", async () => {
    for (const name of ["../x", "a/..", "a/b@../c", "a/b:../../c", "a/b@x//y", "/a/b", "a/b/c", "./a/b", "a/b@..", "a"])
      await expect(pullModel(name, options()), name).rejects.toThrow(/^model: expected one of flexvar-d16/);
    expect(existsSync(join(folder, "hub"))).toBe(false);
  });
});

describe("what is here", () => {
  test("is listed, and goes with the blobs that nothing else uses", async () => {
    await hub.commit(REPO, fashion);
    await pullModel(REPO, options());
    const { "transformer.safetensors": _, ...rest } = fashion;
    const card = { ...rest, "README.md": Buffer.from("tokenizer alone") };
    await hub.commit(REPO, { ...card, "config.json": onlyTokenizer() }, { branch: "tokenizer" });
    await pullModel(`${REPO}@tokenizer`, options());
    expect((await cachedModels(options())).map(({ name }) => name).sort()).toEqual([REPO, `${REPO}@tokenizer`]);
    const freed = await removeModel(REPO, options());
    // The tokenizer is spared: the other revision leads to it.
    expect(freed).toBe(transformer.length + fashion["config.json"]!.length + fashion["README.md"]!.length);
    expect((await cachedModels(options())).map(({ name }) => name)).toEqual([`${REPO}@tokenizer`]);
    expect(await cachedModel(`${REPO}@tokenizer`, options())).toBeDefined();
    expect(await cachedModel(REPO, options())).toBeUndefined();
    await removeModel(`${REPO}@tokenizer`, options());
    expect(await readdir(join(folder, "hub"))).toEqual([".locks"]);
    expect(await removeModel(REPO, options())).toBeUndefined();
  });

  test("a folder of links to nothing is not a model", async () => {
    await hub.commit(REPO, fashion);
    const got = await pullModel(REPO, options());
    expect((await lstat(join(got, "config.json"))).isSymbolicLink()).toBe(true);
    await rm(join(folder, "hub", "models--maker--small", "blobs"), { recursive: true });
    await mkdir(join(folder, "hub", "models--maker--small", "blobs"));
    expect(await cachedModel(REPO, options())).toBeUndefined();
  });
});

describe("settings", () => {
  test("are those of Python's library", () => {
    expect(
      hubSettings({ HF_ENDPOINT: "http://x/", HF_HUB_CACHE: "/c", HF_TOKEN: " hf_t ", HF_HUB_OFFLINE: "1" }),
    ).toEqual({
      endpoint: "http://x",
      cache: "/c",
      token: "hf_t",
      offline: true,
    });
    expect(hubSettings({ HF_HOME: "/h" })).toMatchObject({ cache: "/h/hub", offline: false, token: undefined });
    expect(hubSettings({ XDG_CACHE_HOME: "/x" }).cache).toBe("/x/huggingface/hub");
  });

  test("a token that a log-in left", async () => {
    await writeFile(join(folder, "token"), "hf_saved\n");
    expect(hubSettings({ HF_HOME: folder }).token).toBe("hf_saved");
    expect(hubSettings({ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }).token).toBeUndefined();
  });
});

function onlyTokenizer(): Uint8Array {
  const { transformer: _, ...config } = JSON.parse(Buffer.from(fashion["config.json"]!).toString());
  return Buffer.from(JSON.stringify(config));
}
