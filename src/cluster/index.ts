/** Many machines: jobs of the HTTP API, sets of pictures and more, drawn by workers that NATS JetStream gives their work to. */
export { clusterBooks } from "./books.ts";
export { collectSet, type SetOrder, type SetShard } from "./collect-set.ts";
export { type Cluster, type ClusterOptions, openCluster } from "./connect.ts";
export { fingerprintOf } from "./fingerprint.ts";
export { clusterEngine } from "./front.ts";
export { clusterCosts, lanesOf } from "./lanes.ts";
export { type MachineClass, machinesOf } from "./machines.ts";
export { workersOf } from "./registry.ts";
export {
  coordinateTransformer,
  joinTransformer,
  ROUND_DEFAULTS,
} from "./training/together.ts";
export { startWorker, type Worker } from "./worker.ts";
export type { WorkerOptions } from "./worker-state.ts";
