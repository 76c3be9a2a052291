/**
 * The first key that occurs twice in the same object, or undefined. `JSON.parse` keeps the last silently, so two
 * readers could see two different files; formats that forbid it need this check. `text` must be valid JSON.
 */
export function findDuplicateKey(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = [];
  const token = /"(?:[^"\\]|\\.)*"?|[{}[\]:]/g;
  let last = "";
  for (const [piece] of text.matchAll(token)) {
    if (piece === "{") open.push(new Set());
    else if (piece === "[") open.push(undefined);
    else if (piece === "}" || piece === "]") open.pop();
    else if (piece === ":") {
      const keys = open.at(-1);
      const key: unknown = JSON.parse(last);
      if (typeof key !== "string" || !keys) continue;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    last = piece;
  }
  return undefined;
}
