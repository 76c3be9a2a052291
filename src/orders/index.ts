/** Orders to a worker and their answers: events that can be stopped and wait for their reader, results, errors as values. */
export { paced } from "./pace.ts";
export { askOrder, type OrderWorker, sendOrder } from "./send.ts";
export { sendable } from "./sendable.ts";
export { type Ended, type Reader, serveOrders } from "./serve.ts";
