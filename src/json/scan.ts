/** Where a text leaves the grammar of JSON (RFC 8259). */

/** The first place at which a text is no JSON. */
export interface JsonFault {
  /** Keys and indices that lead to the place, from the outermost. */
  readonly path: readonly (string | number)[];
  /** Its offset in the text. */
  readonly at: number;
  /** What is there, in words or as it is written. */
  readonly got: string;
  /** True for a number that JSON or a double cannot hold: NaN, Infinity, 1e999. */
  readonly isNotFinite: boolean;
}

interface Frame {
  readonly isList: boolean;
  /** Key or index of the value that is being read. */
  at: string | number;
}

/** What may come next. */
type Awaited = "value" | "first entry" | "key" | "first key" | "colon" | "separator";

const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
/** What a reader takes for one word or number, legal or not. */
const WORD = /[-+\w.$]{1,80}/y;
/** What other languages write for numbers that JSON does not have. */
const NOT_FINITE = /^[-+]?(?:nan|inf|infinity)$/i;
const ESCAPES = '"\\/bfnrtu';

/**
 * Looks for the first place at which a text is no JSON; undefined where there is none. Linear in the text, without recursion. A
 * number that is too large for a double counts as a fault: it would be read as Infinity.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  const open: Frame[] = [];
  let awaited: Awaited = "value";
  let at = 0;
  const fault = (got: string = shownAt(text, at)): JsonFault => {
    const frames = awaited.endsWith("key") ? open.slice(0, -1) : open;
    const isNotFinite = NOT_FINITE.test(got) || isTooLarge(text, at);
    return { path: frames.map((frame) => frame.at), at, got, isNotFinite };
  };
  for (;;) {
    while (" \t\n\r".includes(text[at] ?? "x")) at++;
    const char = text[at];
    const frame = open.at(-1);
    if (char === undefined) return frame === undefined && awaited === "separator" ? undefined : fault("its end");
    const closes = frame !== undefined && char === (frame.isList ? "]" : "}");
    if (closes && (awaited === "separator" || awaited.startsWith("first"))) {
      open.pop();
      awaited = "separator";
      at++;
    } else if (awaited === "separator") {
      if (frame === undefined || char !== ",") return fault();
      if (frame.isList) frame.at = Number(frame.at) + 1;
      awaited = frame.isList ? "value" : "key";
      at++;
    } else if (awaited === "colon") {
      if (char !== ":") return fault();
      awaited = "value";
      at++;
    } else if (awaited === "key" || awaited === "first key") {
      const end = char === '"' ? endOfString(text, at) : undefined;
      if (end === undefined) return fault();
      frame!.at = JSON.parse(text.slice(at, end)) as string;
      awaited = "colon";
      at = end;
    } else if (char === "{" || char === "[") {
      open.push({ isList: char === "[", at: char === "[" ? 0 : "" });
      awaited = char === "[" ? "first entry" : "first key";
      at++;
    } else {
      const end = char === '"' ? endOfString(text, at) : endOfScalar(text, at);
      if (end === undefined) return fault();
      awaited = "separator";
      at = end;
    }
  }
}

/** End of the literal or number at an offset, undefined where there is none that is whole and finite. */
function endOfScalar(text: string, at: number): number | undefined {
  LITERAL.lastIndex = at;
  const found = LITERAL.exec(text)?.[0] ?? numberAt(text, at);
  if (found === undefined || isTooLarge(text, at)) return undefined;
  const end = at + found.length;
  // `01`, `1.` and `nullx` begin like JSON and go on.
  return /[\w.$]/.test(text[end] ?? "") ? undefined : end;
}

function numberAt(text: string, at: number): string | undefined {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0];
}

const isTooLarge = (text: string, at: number): boolean => !Number.isFinite(Number(numberAt(text, at) ?? 0));

/** End of the string whose opening quote is at an offset, undefined where it is not closed or not legal. */
function endOfString(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return undefined;
    if (code !== 0x5c) continue;
    const escaped = text[++at] ?? "";
    if (escaped === "" || !ESCAPES.includes(escaped)) return undefined;
    if (escaped === "u" && !/^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) return undefined;
  }
  return undefined;
}

/** What is at an offset, as an error shows it. */
function shownAt(text: string, at: number): string {
  WORD.lastIndex = at;
  const word = WORD.exec(text)?.[0];
  if (word !== undefined) return word;
  if (text.startsWith("//", at) || text.startsWith("/*", at) || text[at] === "#") return "a comment";
  if (text[at] === '"') return "a text that is not closed or holds a control character or a wrong escape";
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at)!));
}
