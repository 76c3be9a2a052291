/** Errors between a page and its worker: what was expected of what stays a value. */
import { ExpectedError, FileError, OptionError } from "../errors/index.ts";

/** An error as data. */
export type Problem =
  | { readonly kind: "option"; readonly parameter: string; readonly expected: string; readonly got: string | undefined }
  | {
      readonly kind: "file";
      readonly file: string;
      readonly expected: string;
      readonly got: string | undefined;
      readonly where: string | undefined;
    }
  | { readonly kind: "expected" | "fault"; readonly message: string };

/** What was thrown, as data. */
export function problemOf(error: unknown): Problem {
  if (error instanceof OptionError) {
    const { parameter, expected, got } = error;
    return { kind: "option", parameter, expected, got };
  }
  if (error instanceof FileError) {
    const { file, expected, got, where } = error;
    return { kind: "file", file, expected, got, where };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { kind: error instanceof ExpectedError ? "expected" : "fault", message };
}

/** The error to throw where the answer is read. */
export function errorOf(problem: Problem): Error {
  if (problem.kind === "option") return new OptionError(problem.parameter, problem.expected, problem.got);
  if (problem.kind === "file") {
    const { file, expected, got, where } = problem;
    return new FileError(file, expected, got, { where });
  }
  return problem.kind === "expected" ? new ExpectedError(problem.message) : new Error(problem.message);
}
