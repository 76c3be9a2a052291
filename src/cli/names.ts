/** A record with its keys as JSON documents and HTTP fields write them: `codebookSize` is `codebook_size`. */
export function snakeCased<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [snakeCase(key), value]));
}

/** The same through nested records and lists. */
export function deepSnakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deepSnakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [snakeCase(key), deepSnakeCased(inner)]));
}

function snakeCase(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
}
