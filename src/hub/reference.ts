/** Names of models on the hub. */

/** A place on the hub: a repository, a revision (branch, tag or commit; `main` where none is given), a folder in it ("" for its root). */
export interface HubReference {
  readonly repo: string;
  readonly revision: string;
  readonly folder: string;
}

const REFERENCE =
  /^(?<repo>[a-z0-9][\w.-]{0,95}\/[a-z0-9][\w.-]{0,95})(?:@(?<revision>[\w.][\w./-]{0,199}))?(?::(?<folder>[\w.][\w./ -]{0,399}))?$/i;

/** Reads `user/repo[@revision][:folder]`; undefined for everything else, also where a part of a path is `..`. */
export function parseHubReference(text: string): HubReference | undefined {
  const { repo, revision = "main", folder = "" } = REFERENCE.exec(text)?.groups ?? {};
  if (repo === undefined || /(^|\/)\.{1,2}(\/|$)|\.\.|\/\//.test(`${repo} ${revision} ${folder}`)) return undefined;
  return { repo, revision, folder: folder.replace(/\/$/, "") };
}

/** A reference as it is typed. */
export function formatHubReference({ repo, revision, folder }: HubReference): string {
  return `${repo}${revision === "main" ? "" : `@${revision}`}${folder === "" ? "" : `:${folder}`}`;
}
