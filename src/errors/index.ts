/** Errors as values: what was expected of which option, and what was got; flags, HTTP fields and labels are named where they are shown. */

/** An option that cannot be used. The message names it as the library does: `topP: expected a number from 0 to 1, got 2`. */
export class OptionError extends RangeError {
  override readonly name = "OptionError";
  /** The option, as the library names it; a part of it after a dot, as in `classLabels.0`. */
  readonly parameter: string;
  readonly expected: string;
  /** What was given; undefined where the name of the option says it all. */
  readonly got: string | undefined;

  /** @param got shown as `String` makes it */
  constructor(parameter: string, expected: string, got?: unknown, options?: ErrorOptions) {
    super(`${parameter}: ${words(expected, got)}`, options);
    this.parameter = parameter;
    this.expected = expected;
    this.got = got === undefined ? undefined : String(got);
  }

  /** The message without the option's name. */
  get words(): string {
    return words(this.expected, this.got);
  }
}

const words = (expected: string, got: unknown): string =>
  got === undefined ? `expected ${expected}` : `expected ${expected}, got ${String(got)}`;
