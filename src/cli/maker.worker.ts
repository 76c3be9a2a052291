/** The thread that owns the model: ONNX Runtime's `run` holds its thread until it is done, and the server's must stay free. */
import { parentPort, workerData } from "node:worker_threads";
import { FlexVAR, type FromPretrainedOptions } from "../open.ts";
import { localMaker, serveMaker } from "../server/index.ts";

const { folder, options } = workerData as { folder: string; options: FromPretrainedOptions };
const port = parentPort;
if (port === null) throw new Error("maker: expected to run in a worker thread, got the main one");
await serveMaker(localMaker(await FlexVAR.fromPretrained(folder, options)), port);
