// The part of npm's version ranges that `engines` fields use: comparators, ^, ~, x-ranges, hyphens and ||.

/** Whether `version` ([major, minor, patch]) lies in the range. Throws on text it cannot read. */
export function satisfies(version, range) {
  return range
    .split("||")
    .some((part) => part.trim() === "" || alternative(part.trim()).every((test) => test(version)));
}

function alternative(text) {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text);
  if (hyphen) return [...comparator(`>=${hyphen[1]}`), ...comparator(`<=${hyphen[2]}`)];
  const joined = text.replace(/([<>=^~]+)\s+/g, "$1");
  return joined.split(/[\s,]+/).flatMap(comparator);
}

/** One comparator as tests; a partial version such as `20` or `20.x` stands for all versions that begin so. */
function comparator(text) {
  const match = /^(\^|~|>=|<=|>|<|=)?v?(\d+|x|\*)(?:\.(\d+|x|\*))?(?:\.(\d+|x|\*))?(?:[-+].*)?$/i.exec(text);
  if (!match) throw new Error(`range: expected a version comparator, got "${text}"`);
  const given = match.slice(2, 5).map((part) => (part === undefined || /[x*]/i.test(part) ? undefined : Number(part)));
  const known = given.indexOf(undefined) < 0 ? 3 : given.indexOf(undefined);
  const low = given.map((part) => part ?? 0);
  const next = known === 0 ? undefined : bump(low, known - 1);
  const from = (v) => compare(v, low) >= 0;
  const below = (limit) => (v) => limit === undefined || compare(v, limit) < 0;
  switch (match[1]) {
    case ">=":
      return [from];
    case ">":
      return [known === 3 ? (v) => compare(v, low) > 0 : (v) => next !== undefined && compare(v, next) >= 0];
    case "<":
      return [below(low)];
    case "<=":
      return [below(next)];
    case "~":
      return [from, below(known === 0 ? undefined : bump(low, Math.min(known - 1, 1)))];
    case "^":
      return [from, below(known === 0 ? undefined : bump(low, caretPlace(low, known)))];
    default:
      return [from, below(next)];
  }
}

/** Place that ^ may not change: the first that is not zero, else the last one given. */
function caretPlace(low, known) {
  const firstSet = low.findIndex((part) => part > 0);
  return firstSet < 0 || firstSet >= known ? known - 1 : firstSet;
}

function bump(version, place) {
  return version.map((part, i) => (i < place ? part : i === place ? part + 1 : 0));
}

function compare(a, b) {
  const place = a.findIndex((part, i) => part !== b[i]);
  return place < 0 ? 0 : a[place] - b[place];
}
