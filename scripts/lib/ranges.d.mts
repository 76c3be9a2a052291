/** Whether `version` ([major, minor, patch]) lies in the npm version range. Throws on text it cannot read. */
export function satisfies(version: readonly number[], range: string): boolean;
