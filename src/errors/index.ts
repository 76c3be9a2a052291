/** Errors as values: what was expected of which option or file, and what was got; words for people are made at the edges. */

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

/** A failure whose message was written for people; an error of any other class is a fault of the program. */
export class ExpectedError extends Error {
  override readonly name: string = "ExpectedError";
}

interface FileErrorOptions extends ErrorOptions {
  /** The place in the file: a key, a record, a line. */
  readonly where?: string | undefined;
  /** Set where `got` is what another program said. */
  readonly isQuoted?: boolean;
}

/** A file, folder or address that is not what it should be: `labels.json: cat: expected a name, got 3`. */
export class FileError extends ExpectedError {
  override readonly name: string = "FileError";
  /** Its path; readers that are handed a place in a file name that too. */
  readonly file: string;
  readonly where: string | undefined;
  readonly expected: string;
  readonly got: string | undefined;
  /** The message without the file's name. */
  readonly words: string;

  /** @param got shown as `String` makes it */
  constructor(file: string, expected: string, got?: unknown, { where, isQuoted, ...options }: FileErrorOptions = {}) {
    const said = `${where === undefined ? "" : `${where}: `}${words(expected, got, isQuoted ? ", got: " : ", got ")}`;
    super(`${file}: ${said}`, options);
    this.file = file;
    this.where = where;
    this.expected = expected;
    this.got = got === undefined ? undefined : String(got);
    this.words = said;
  }
}

/** An error met in a file, its message after the file's name. */
export const inFile = (file: string, error: unknown): ExpectedError =>
  new ExpectedError(`${file}: ${(error as Error).message}`, { cause: error });

/** Carries out what reads a file that is known by now. @throws its errors, naming the file */
export function namingFile<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw inFile(file, error);
  }
}

/** Whether an error's message was written for people. */
export const isExpected = (error: unknown): boolean => error instanceof ExpectedError || error instanceof OptionError;

const words = (expected: string, got: unknown, between = ", got "): string =>
  `expected ${expected}${got === undefined ? "" : `${between}${String(got)}`}`;
