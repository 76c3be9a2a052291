// Numbers of recipes, and tables of them.

export const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Of an even number of values the upper one of the middle. */
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const tableLine = (cells) => `|${cells.map((cell) => (cell === "" ? " " : ` ${cell} `)).join("|")}|`;

/** A Markdown table. @param rule the line below the heading; all columns to the left by default */
export const markdownTable = (head, rows, rule = `|${"---|".repeat(head.length)}`) =>
  [tableLine(head), rule, ...rows.map(tableLine)].join("\n");
