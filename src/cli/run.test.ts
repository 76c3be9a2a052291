import { afterEach, describe, expect, test, vi } from "vitest";
import packageJson from "../../package.json";
import { runCli } from "../../test/support/run-cli.ts";
import { Stopped } from "./errors.ts";
import { commandNames, run } from "./run.ts";

afterEach(() => vi.unstubAllEnvs());

describe("help", () => {
  test("without arguments and with --help the commands are listed, each with a summary", async () => {
    const [bare, asked] = [await runCli(), await runCli("--help")];
    expect(bare).toEqual(asked);
    expect(asked).toMatchObject({ code: 0, err: "" });
    for (const name of commandNames) expect(asked.out).toMatch(new RegExp(`^  ${name} +\\w+ \\w+`, "m"));
  });

  test.each(commandNames)("%s has a description, its output flags and an example of itself", async (name) => {
    const { code, out, err } = await runCli(name, "--help");
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(new RegExp(`^Usage: flexvar ${name} `));
    expect(out).toMatch(/^ {2}--json /m);
    expect(out).toMatch(/^ {2}--quiet /m);
    expect(out).toMatch(new RegExp(`Examples?:\\n  \\$ flexvar ${name}\\b`));
    expect(Math.max(...out.split("\n").map((line) => (line.includes("$") ? 0 : line.length)))).toBeLessThanOrEqual(100);
    expect((await runCli("help", name)).out).toBe(out);
  });

  test("--version is the package's", async () => {
    expect(await runCli("--version")).toEqual({ code: 0, out: `${packageJson.version}\n`, err: "" });
  });
});

describe("bad usage: exit code 2 and one line on stderr", () => {
  test.each([
    [["frobnicate"], "flexvar: unknown command 'frobnicate'; see flexvar --help\n"],
    [["generat"], "flexvar: unknown command 'generat' (Did you mean generate?); see flexvar --help\n"],
    [["help", "nothing"], "flexvar: unknown command 'nothing'; see flexvar --help\n"],
    [
      ["generate", "--treads", "2"],
      "flexvar: unknown option '--treads' (Did you mean --threads?); see flexvar generate --help\n",
    ],
    [["generate", "--threads", "two"], 'flexvar: --threads: expected a whole number from 1 to 1024, got "two"\n'],
    [["generate", "--class", "1", "--top-p", "1.5"], "flexvar: --top-p: expected a number from 0 to 1, got 1.5\n"],
    [["generate", "--class", "1", "--steps", "ten"], 'flexvar: --steps: expected a number, got "ten"\n'],
    [
      ["generate", "--class", "1", "--scales", "2,x"],
      'flexvar: --scales: expected a grid such as 4 or 4x6 (rows x columns), got "x"\n',
    ],
    [
      ["generate", "--class", "1", "--steps", "8", "--scales", "1,2"],
      "flexvar: --steps: expected either steps or scales, got both\n",
    ],
    [
      ["generate"],
      "flexvar: --class: expected at least one class id or name, got none; `flexvar classes` lists them\n",
    ],
    [
      ["import", "--out", "x"],
      "flexvar: required option '--tokenizer <FILE>' not specified; see flexvar import --help\n",
    ],
    [
      ["train", "tokenizer", "--config", "c", "--data", "d", "--out", "o", "--device", "gpu"],
      "flexvar: --device: expected one of auto, cpu, cuda, tensorrt, dml, coreml, webgpu, got gpu\n",
    ],
    [
      ["info", "nowhere"],
      /^flexvar: info: expected a checkpoint, a model folder or .*got "nowhere" \(no such folder or name\); flexvar models lists what can be pulled\n$/,
    ],
    [
      ["classes", "--model", "nowhere"],
      /^flexvar: --model: expected a model folder or .*got "nowhere" \(no such folder or name\); flexvar models lists what can be pulled\n$/,
    ],
  ])("%j", async (argv, message) => {
    const { code, out, err } = await runCli(...argv);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

describe("failures", () => {
  test("exit code 1 without a stack; FLEXVAR_DEBUG shows it", async () => {
    const plain = await runCli("encode", "nothing.png");
    expect(plain).toEqual({
      code: 1,
      out: "",
      err: expect.stringMatching(/^flexvar: nothing\.png: expected a readable picture, got: .*\n$/),
    });
    vi.stubEnv("FLEXVAR_DEBUG", "1");
    expect((await runCli("encode", "nothing.png")).err).toMatch(/\n +at .*load\.ts/);
  });

  test("a signal wins over whatever it made fail", async () => {
    const stop = new AbortController();
    stop.abort(new Stopped("SIGTERM"));
    const said: string[] = [];
    const terminal = { out() {}, err: (text: string) => void said.push(text), redraws: false, columns: 80 };
    expect(await run(["encode", "nothing.png"], terminal, stop.signal)).toBe(130);
    expect(said.join("")).toBe("flexvar: stopped by SIGTERM; files already written are whole\n");
  });
});
