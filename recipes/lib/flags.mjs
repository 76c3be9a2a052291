// Flags of the recipes.
import { parseArgs } from "node:util";

/**
 * Reads the flags of the command line by their defaults: a boolean turns on and off, a list may be given again and again, all others
 * take a text; `undefined` stands for a flag without default.
 * @param more settings of `parseArgs`
 */
export function readFlags(defaults, more = {}) {
  const flag = (value) => ({
    type: typeof value === "boolean" ? "boolean" : "string",
    ...(Array.isArray(value) && { multiple: true }),
    ...(value !== undefined && { default: value }),
  });
  const options = Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, flag(value)]));
  return parseArgs({ options, ...more });
}

/** Ends the process: the command line is not as expected. */
export function refuse(message) {
  console.error(message);
  process.exit(2);
}
