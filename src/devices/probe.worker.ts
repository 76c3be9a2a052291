/** What runs in the child process that tries one device: it may be ended from within a driver, and ends no one else. */
import type { DeviceName } from "../runtime/node.ts";
import { tryDevice } from "./try-device.ts";

const device = process.argv[2] as DeviceName;
const threads = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
// What is known so far is told at once: a driver may end the process at the next step.
await tryDevice(device, threads, (finding) => process.send!(finding));
process.disconnect();
// Drivers may keep threads that hold the process.
process.exit();
