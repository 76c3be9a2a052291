/** What goes wrong between here and the hub. */
import { FileError } from "../errors/index.ts";

/** A repository, or a file of one, that cannot be had. */
export class HubError extends FileError {
  override readonly name = "HubError";
}

/** A hub that is busy: asking again may help. */
export class BusyHubError extends HubError {}

/** What an answer of the hub means, by its status and its own error code. */
export function answerError(where: string, status: number, code: string | null, endpoint: string): HubError {
  const hint = "set HF_TOKEN to a token of an account that may read it";
  const refusal = (expected: string, got: string) => new HubError(where, expected, `${status}${got}`);
  if (code === "GatedRepo" || status === 403)
    return refusal("access", `: its authors ask for consent; accept its terms on ${endpoint} and ${hint}`);
  if (code === "RevisionNotFound") return refusal("a revision that is there", " (no such revision)");
  if (code === "EntryNotFound") return refusal("a file that is there", " (no such file at this revision)");
  if (status === 401 || code === "RepoNotFound")
    return refusal("a repository that is there", `: none of this name, or a private one (${hint})`);
  if (status === 404) return refusal("a repository and file that are there", "");
  if (status === 429)
    return new BusyHubError(where, "an answer", `429: too many requests; try again later, or ${hint}`);
  return new (status >= 500 ? BusyHubError : HubError)(where, "an answer of the hub", String(status));
}
