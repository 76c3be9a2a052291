/** What an engine of many machines looks like at a moment, for `/metrics`. */

/** What waits of a model in one lane, for machines of any kind or of one. */
export interface QueueState {
  /** Hash of the model's content. */
  readonly model: string;
  /** Fingerprint of the workers that may do it, or `any`. */
  readonly machines: string;
  readonly lane: string;
  /** Pictures that no worker has been given. */
  readonly waiting: number;
  /** Pictures that were given to a worker (or given back by one) and not answered for. */
  readonly atWork: number;
  /** Of those, how many were given out more than once. */
  readonly atWorkAgain: number;
  /** Pictures given out since the queue is there, each as often as it was. */
  readonly deliveries: number;
  /** How long the oldest that waits has waited, in seconds; 0 where none does. */
  readonly oldestSeconds: number;
}

/** What a worker has done since its start. */
interface WorkerTally {
  /** Pictures that it finished. */
  readonly pictures: number;
  readonly batches: number;
  /** Pictures that it was given after another had been. */
  readonly redeliveries: number;
  /** Seconds that it waited for what draws. */
  readonly drawing: number;
  /** Seconds that it sent and stored pictures. */
  readonly storing: number;
}

/** A worker that is there. */
interface WorkerState extends WorkerTally {
  readonly id: string;
  readonly model: { readonly name: string; readonly hash: string };
  readonly fingerprint: string;
}

export interface ClusterState {
  /** Pictures that wait or are at work, of all models. */
  readonly open: number;
  /** Of these, those of models that no worker ever had. */
  readonly unserved: number;
  /** Age of the oldest of them, in seconds; 0 where there is none. */
  readonly oldestSeconds: number;
  readonly queues: readonly QueueState[];
  /** Work that was put away, by the hash of its model. */
  readonly dead: Readonly<Record<string, number>>;
  readonly workers: readonly WorkerState[];
}
