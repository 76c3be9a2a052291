import { run } from "../../src/cli/run.ts";

/** Runs the command line in this process on a terminal of 100 columns that keeps what it is told. For tests. */
export async function runCli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    redraws: false,
    columns: 100,
  };
  const code = await run(argv, terminal, new AbortController().signal);
  return { code, out, err };
}
