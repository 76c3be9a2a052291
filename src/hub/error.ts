/** What goes wrong between here and the hub. */

/** A repository or file of the hub that cannot be had: what was expected of it and what was got. */
export class HubError extends Error {
  override readonly name = "HubError";
  /** The repository, and the file after it. */
  readonly where: string;
  readonly expected: string;
  readonly got: string;

  constructor(where: string, expected: string, got: string, options?: ErrorOptions) {
    super(`${where}: expected ${expected}, got ${got}`, options);
    this.where = where;
    this.expected = expected;
    this.got = got;
  }
}

/** What an answer of the hub means, by its status and its own error code. */
export function answerError(where: string, status: number, code: string | null, endpoint: string): HubError {
  const hint = "set HF_TOKEN to a token of an account that may read it";
  if (code === "GatedRepo" || status === 403)
    return new HubError(
      where,
      "access",
      `${status}: its authors ask for consent; accept its terms on ${endpoint} and ${hint}`,
    );
  if (code === "RevisionNotFound")
    return new HubError(where, "a revision that is there", `${status} (no such revision)`);
  if (code === "EntryNotFound")
    return new HubError(where, "a file that is there", `${status} (no such file at this revision)`);
  if (status === 401 || code === "RepoNotFound")
    return new HubError(
      where,
      "a repository that is there",
      `${status}: none of this name, or a private one (${hint})`,
    );
  if (status === 404) return new HubError(where, "a repository and file that are there", "404");
  if (status === 429) return new HubError(where, "an answer", `429: too many requests; try again later, or ${hint}`);
  return new HubError(where, "an answer of the hub", String(status));
}
