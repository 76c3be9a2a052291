/** What a server allows. */
export type Limits = Readonly<typeof DEFAULT_LIMITS>;

export const DEFAULT_LIMITS = {
  /** Jobs that wait, beside those at work; one more is answered with 429. */
  queue: 64,
  /** Bytes of a request's body. */
  bodyBytes: 32 * 2 ** 20,
  /** Bytes of the bodies of all requests that are being read or looked at; one more is answered with 429. */
  bodiesBytes: 128 * 2 ** 20,
  /** Longest that a body may take to arrive, in ms. */
  bodyMs: 30_000,
  /** Pixels of one picture, given or asked for. */
  pixels: 2048 * 2048,
  /** Longest that the decoding of one picture may take, in ms. */
  decodeMs: 20_000,
  /** Pictures of one request. */
  pictures: 64,
  /** Longest from acceptance to the end of a job, in ms. */
  jobMs: 600_000,
  /** Longest wait of a stop for jobs at work, in ms. */
  graceMs: 20_000,
  /** Ended jobs that are kept for who asks, and how long, in ms. */
  keep: 64,
  keepMs: 900_000,
};
