/**
 * What previews cost an edit in windows: the same refinement over HTTP with `partial_images` 0 and `all`, in turns, as in docs/benchmarks.md.
 *
 *   npm run build && node recipes/previews.mjs [--model DIR] [--from 128] [--to 256] [--rounds 3]
 */
import { createClient } from "../dist/index.js";
import { readFlags } from "./lib/flags.mjs";
import { startServer } from "./lib/flexvar.mjs";
import { median } from "./lib/numbers.mjs";

const { values } = readFlags({ model: "emoji", from: "128", to: "256", rounds: "3" });
const server = await startServer(values.model);
try {
  const client = createClient({ baseUrl: server.url });
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
  const [plain, shown] = [none, all].map((runs) => median(runs.map(({ seconds }) => seconds)));
  console.log(`${values.from} to ${values.to} px, median of ${values.rounds}, in turns`);
  console.log(
    `without previews ${plain.toFixed(2)} s; with all ${shown.toFixed(2)} s: ${(100 * (shown / plain - 1)).toFixed(1)} % more`,
  );
  console.log(
    `${all[0].events - 1} previews; ${(all[0].bytes / 2 ** 20).toFixed(2)} MiB sent, ${(none[0].bytes / 2 ** 20).toFixed(2)} without`,
  );
} finally {
  server.close();
}
