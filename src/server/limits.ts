/** What a server allows. */
export interface Limits {
  /** Jobs that wait, beside those at work; one more is answered with 429. */
  readonly queue: number;
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Bytes of the bodies of all requests that are being read or looked at; one more is answered with 429. */
  readonly bodiesBytes: number;
  /** Longest that a body may take to arrive, in ms. */
  readonly bodyMs: number;
  /** Pixels of one picture, given or asked for. */
  readonly pixels: number;
  /** Longest that the decoding of one picture may take, in ms. */
  readonly decodeMs: number;
  /** Pictures of one request. */
  readonly pictures: number;
  /** Longest from acceptance to the end of a job, in ms. */
  readonly jobMs: number;
  /** Longest wait of a stop for jobs at work, in ms. */
  readonly graceMs: number;
  /** Ended jobs that are kept for who asks, and how long, in ms. */
  readonly keep: number;
  readonly keepMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  queue: 64,
  bodyBytes: 32 * 2 ** 20,
  bodiesBytes: 128 * 2 ** 20,
  bodyMs: 30_000,
  pixels: 2048 * 2048,
  decodeMs: 20_000,
  pictures: 64,
  jobMs: 600_000,
  graceMs: 20_000,
  keep: 64,
  keepMs: 900_000,
};
