import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { findChromium } from "../../scripts/lib/tools.mjs";

const ICD = "vk_swiftshader_icd.json";
const root = fileURLToPath(new URL("../..", import.meta.url));

/** The folder of an installed SwiftShader (a Vulkan driver on the CPU): Debian's chromium package carries one. */
function findSwiftShader(): string | undefined {
  const chromium = findChromium();
  const beside = chromium === undefined ? [] : [dirname(realpathSync(chromium))];
  return [process.env.FLEXVAR_SWIFTSHADER, ...beside, "/usr/lib/chromium"].find(
    (folder) => folder !== undefined && existsSync(join(folder, ICD)) && existsSync(join(folder, "libvulkan.so.1")),
  );
}

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped" | "pending" | "todo" | "disabled";
  readonly failureMessages: readonly string[];
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[]; readonly message: string }[];
}

/**
 * Declares the tests of a `*.swiftshader.ts` file here, each with the outcome that it had in a process of its own: the
 * Vulkan loader reads where its driver is only when a process starts. The group is skipped by name where SwiftShader is
 * missing, and fails where the process died.
 */
export async function swiftShaderGroup(name: string, file: URL): Promise<void> {
  const folder = findSwiftShader();
  if (folder === undefined) {
    describe.skip(`${name} (SwiftShader missing)`, () => {
      test("runs", () => undefined);
    });
    return;
  }
  const { code, results, output } = await runThere(folder, fileURLToPath(file));
  describe(name, () => {
    test("the process ran its tests to the end", () => {
      const explained = code === 0 ? results.length > 0 : results.some(({ status }) => status === "failed");
      if (!explained) throw new Error(`${relative(root, fileURLToPath(file))}: ended with code ${code}.\n${output}`);
    });
    for (const result of results) {
      const title = [...result.ancestorTitles, result.title].join(" > ");
      if (result.status === "passed" || result.status === "failed")
        test(title, () => {
          if (result.status === "failed") throw new Error(result.failureMessages.join("\n"));
        });
      else test.skip(title, () => undefined);
    }
  });
}

interface Outcome {
  readonly code: number;
  readonly results: readonly Assertion[];
  readonly output: string;
}

async function runThere(folder: string, file: string): Promise<Outcome> {
  const scratch = await mkdtemp(join(tmpdir(), "flexvar-swiftshader-"));
  const reportFile = join(scratch, "report.json");
  const config = fileURLToPath(new URL("./swiftshader.vitest.config.ts", import.meta.url));
  const args = ["run", "--config", config, "--root", root, "--reporter=json", `--outputFile=${reportFile}`, file];
  const libraries = [folder, process.env.LD_LIBRARY_PATH].filter(Boolean).join(":");
  const { VITEST, VITEST_POOL_ID, VITEST_WORKER_ID, NODE_OPTIONS, ...environment } = process.env;
  const env = { ...environment, VK_ICD_FILENAMES: join(folder, ICD), LD_LIBRARY_PATH: libraries };
  try {
    const { code, output } = await new Promise<{ code: number; output: string }>((resolve) =>
      execFile(
        process.execPath,
        [join(root, "node_modules", "vitest", "vitest.mjs"), ...args],
        { cwd: root, env, maxBuffer: 2 ** 26 },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: `${stdout}\n${stderr}` }),
      ),
    );
    if (!existsSync(reportFile)) return { code, results: [], output };
    const report = JSON.parse(await readFile(reportFile, "utf8")) as Report;
    const results = report.testResults.flatMap((f) => f.assertionResults);
    return { code, results, output: `${report.testResults.map((f) => f.message).join("\n")}\n${output}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
