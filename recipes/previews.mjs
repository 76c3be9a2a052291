/**
 * What previews cost an edit in windows: the same refinement over HTTP with `partial_images` 0 and `all`, in turns, as in docs/benchmarks.md.
 *
 *   npm run build && node recipes/previews.mjs [--model DIR] [--from 128] [--to 256] [--rounds 3]
 */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { createClient } from "../dist/index.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "emoji" },
    from: { type: "string", default: "128" },
    to: { type: "string", default: "256" },
    rounds: { type: "string", default: "3" },
  },
});
const cli = new URL("../dist/cli/main.js", import.meta.url).pathname;
const server = spawn(process.execPath, [cli, "serve", "--model", values.model, "--port", "0", "--log-level", "error"]);
const address = await new Promise((resolve, reject) => {
  let said = "";
  server.stderr.on("data", (bytes) => {
    said += bytes;
    const [url] = /http:\/\/[^\s/]+/.exec(said) ?? [];
    if (url) resolve(url);
  });
  server.once("exit", () => reject(new Error(`serve ended: ${said}`)));
});
try {
  const client = createClient({ baseUrl: address });
  const drawn = await client.generate({ class_labels: [4], size: values.from, seed: 1 });
  const image = drawn.data[0].b64_json;
  const run = async (partial_images) => {
    const begin = performance.now();
    let [events, bytes] = [0, 0];
    const fields = { task: "refine", image, size: values.to, class_labels: [4], seed: 1, partial_images };
    for await (const event of client.editStream(fields)) {
      if (event.b64_json === undefined) continue;
      events++;
      bytes += event.b64_json.length;
    }
    return { seconds: (performance.now() - begin) / 1000, events, bytes };
  };
  await run(0);
  const [none, all] = [[], []];
  for (let round = 0; round < Number(values.rounds); round++) {
    none.push(await run(0));
    all.push(await run("all"));
  }
  const median = (runs) => runs.map(({ seconds }) => seconds).sort((a, b) => a - b)[Math.floor(runs.length / 2)];
  const [plain, shown] = [median(none), median(all)];
  console.log(`${values.from} to ${values.to} px, median of ${values.rounds}, in turns`);
  console.log(
    `without previews ${plain.toFixed(2)} s; with all ${shown.toFixed(2)} s: ${(100 * (shown / plain - 1)).toFixed(1)} % more`,
  );
  console.log(
    `${all[0].events - 1} previews; ${(all[0].bytes / 2 ** 20).toFixed(2)} MiB sent, ${(none[0].bytes / 2 ** 20).toFixed(2)} without`,
  );
} finally {
  server.kill();
}
