/** The server's token: given once in the address after `#token=` or typed, kept for this tab. */
import { keepText, keptText } from "../state/page-storage.ts";
import { keepsAnything } from "../state/place.ts";

const KEY = "flexvar-token";
/** Where the browser keeps nothing for a page, the token lasts as long as the page. */
let inPage: string | undefined;

/** A server that asks for a token, or for another one. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** The token of this tab. One in the address is taken out of it, so that it is in no history and no bookmark. */
export function keptToken(): string | undefined {
  // The address of somebody else's page is not ours.
  const given = keepsAnything() ? /^#token=(.+)$/.exec(location.hash)?.[1] : undefined;
  if (given !== undefined) {
    keepToken(decoded(given));
    history.replaceState(null, "", `${location.pathname}${location.search}`);
  }
  return keptText("tab", KEY) ?? inPage;
}

/** A part of an address as text; where it does not read as one it stays as it is, and the server says what it thinks of it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a header can carry the text; no server has another token. */
export const isSendable = (token: string): boolean => /^[ -~]+$/.test(token);

export function keepToken(token: string): void {
  inPage = token;
  keepText("tab", KEY, token);
}
