import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projectRoot } from "./support/imports.ts";

const scriptUrl = (name: string) => pathToFileURL(join(projectRoot, "scripts", name)).href;

/** Runs module code in a Node of its own; resolves to what it printed. */
function node(code: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (exit) => (exit === 0 ? resolve(output.trim()) : reject(new Error(`exit code ${exit}`))));
  });
}

describe("the lock between scripts", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "flexvar-lock-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Adds 1 to a counter file, slowly: two at once would lose an addition. */
  const addOne = (lock: string, counter: string) => `
    import { readFile, writeFile } from "node:fs/promises";
    import { withLock } from ${JSON.stringify(scriptUrl("lib/lock.mjs"))};
    await withLock(${JSON.stringify(lock)}, async () => {
      const before = Number(await readFile(${JSON.stringify(counter)}, "utf8"));
      await new Promise((done) => setTimeout(done, 60));
      await writeFile(${JSON.stringify(counter)}, String(before + 1));
    });`;

  test("lets one process in at a time and leaves nothing behind", async () => {
    const [lock, counter] = [join(folder, "one", "lock"), join(folder, "counter")];
    await writeFile(counter, "0");
    await Promise.all(Array.from({ length: 5 }, () => node(addOne(lock, counter))));
    expect(await readFile(counter, "utf8")).toBe("5");
    expect(await readdir(join(folder, "one"))).toEqual([]);
  });

  test("takes over from a process that no longer runs", async () => {
    const [lock, counter] = [join(folder, "two", "lock"), join(folder, "counter2")];
    await writeFile(counter, "0");
    await mkdir(lock, { recursive: true });
    const deadPid = Number(await node("console.log(process.pid)"));
    await writeFile(join(lock, "owner.json"), JSON.stringify({ pid: deadPid, token: "dead" }));
    await Promise.all([node(addOne(lock, counter)), node(addOne(lock, counter))]);
    expect(await readFile(counter, "utf8")).toBe("2");
  });
});

describe("the check for a stale install", () => {
  const compare = (wanted: object, installed: object) =>
    node(`
      import { firstDifference } from ${JSON.stringify(scriptUrl("ensure-install.mjs"))};
      console.log(firstDifference(${JSON.stringify(wanted)}, ${JSON.stringify(installed)}));`);
  const wanted = {
    "": { name: "flexvar" },
    "node_modules/a": { version: "1.0.0", integrity: "x" },
    "node_modules/other-platform": { version: "2.0.0", optional: true },
  };

  test.each([
    ["undefined", { "node_modules/a": { version: "1.0.0", integrity: "x" } }],
    ["node_modules/a is missing", {}],
    ["node_modules/a is 0.9.0, locked at 1.0.0", { "node_modules/a": { version: "0.9.0", integrity: "y" } }],
    [
      "node_modules/b is not in package-lock.json",
      { "node_modules/a": { version: "1.0.0", integrity: "x" }, "node_modules/b": { version: "1.0.0" } },
    ],
  ])("says %s", async (answer, installed) => {
    expect(await compare(wanted, installed)).toBe(answer);
  });
});

describe("npm ci with only the registry to reach", () => {
  const json = async (name: string) => JSON.parse(await readFile(join(projectRoot, name), "utf8"));

  // npm runs a locked package's install script only where the lockfile says that it has one. onnxruntime-node's would download
  // CUDA binaries from elsewhere. `npm install` may bring the mark back: delete it again.
  test("no npm version runs onnxruntime-node's install script", async () => {
    const { packages } = await json("package-lock.json");
    expect(packages).toHaveProperty(["node_modules/onnxruntime-node", "version"]);
    expect(packages["node_modules/onnxruntime-node"]).not.toHaveProperty("hasInstallScript");
  });

  test("the installed packages that have install scripts are all decided on, so that npm asks about none", async () => {
    const { allowScripts } = await json("package.json");
    const { packages } = await json("node_modules/.package-lock.json");
    const names = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
    const undecided = names.filter((path) => !(path.replace(/^.*node_modules\//, "") in allowScripts));
    expect(undecided).toEqual([]);
  });

  test(".npmrc has no key that npm does not know, of which it would warn at every run", async () => {
    const lines = (await readFile(join(projectRoot, ".npmrc"), "utf8")).trim().split("\n");
    expect(lines.map((line) => line.replace(/=.*/, "").trim())).toEqual(["fund", "audit"]);
    const { stderr } = await promisify(execFile)("npm", ["exec", "--no", "--", "biome", "--version"], {
      cwd: projectRoot,
    });
    expect(stderr).not.toMatch(/npm warn/i);
  });
});
