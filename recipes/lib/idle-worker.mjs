// node recipes/lib/idle-worker.mjs URL MODEL [BYTES]: a worker that draws nothing: every picture is the same bytes at once. What is left is
// what the engine of a cluster takes.
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { createServer } from "vite";

const [url, folder, bytes = "10000"] = process.argv.slice(2);
const root = fileURLToPath(new URL("../..", import.meta.url));
// A module runner of its own would be closed before what is loaded later.
const vite = await createServer({
  root,
  configFile: false,
  logLevel: "error",
  optimizeDeps: { noDiscovery: true, include: [] },
  server: { middlewareMode: true, ws: false },
  appType: "custom",
});
const load = (path) => vite.ssrLoadModule(`/src/${path}`);
const { openCluster, startWorker } = await load("cluster/index.ts");
const { knownModel } = await load("cli/served.ts");
const { model } = await knownModel({ model: folder });

// Noise does not get smaller: a picture of about so many bytes.
const side = Math.max(1, Math.round(Math.sqrt(Number(bytes) / 3)));
const noise = Buffer.from(Array.from({ length: side * side * 3 }, (_, i) => (i * 7919 * (i % 251)) % 256));
const png = new Uint8Array(
  await sharp(noise, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toBuffer(),
);

const cluster = await openCluster({ url });
const worker = await startWorker({
  cluster,
  id: `idle-${process.pid}`,
  model,
  fingerprint: "idle",
  about: {},
  batchSize: () => 8,
  openRenderer: async () => ({
    async *draw({ rows }) {
      const pictures = rows.map(({ info }, at) => ({ at, info, png, tokens: 1 }));
      yield { index: 0, total: 1, isLast: true, pictures };
    },
    async *edit() {},
    async dispose() {},
  }),
});
console.error("takes work");
process.on("SIGTERM", async () => {
  await worker.stop();
  await cluster.close();
  await vite.close();
});
