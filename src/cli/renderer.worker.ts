/** What runs in the process that owns the model; {@link rendererProcess} starts it. */
import { once } from "node:events";
import { FlexVAR, type FromPretrainedOptions } from "../open.ts";
import { localRenderer, serveRenderer } from "../server/index.ts";

// Ctrl-C reaches the whole group of processes: it is the server that says when jobs end, and without it there is nothing left to do.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("disconnect", () => process.exit());

const [{ folder, options }] = (await once(process, "message")) as [{ folder: string; options: FromPretrainedOptions }];
await serveRenderer(FlexVAR.fromPretrained(folder, options).then(localRenderer), {
  on: (event, listener) => process.on(event, (message: unknown) => listener(message as never)),
  postMessage: (message) => process.send?.(message),
});
