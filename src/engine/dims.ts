/**
 * Symbolic dimensions. A dimension is a non-negative integer or the canonical text of a polynomial with integer
 * coefficients over named symbols, such as `"B"`, `"B*l"`, `"l+p"` or `"16*h-2"`. Two dimensions are equal exactly when
 * their values are `===`, so shapes print, compare and serialise as they are.
 */
export type Dim = number | string;
export type Shape = readonly Dim[];

/** Monomial text (`""` for the constant term, symbols joined by `*` in order) to integer coefficient. */
type Poly = Map<string, number>;

const ATOM = /^[A-Za-z_][A-Za-z0-9_]*$/;

function parse(dim: Dim): Poly {
  if (typeof dim === "number") return new Map(dim === 0 ? [] : [["", dim]]);
  const poly: Poly = new Map();
  for (const term of dim.match(/[+-]?[^+-]+/g) ?? []) {
    const sign = term.startsWith("-") ? -1 : 1;
    let coefficient = sign;
    const symbols: string[] = [];
    for (const factor of term.replace(/^[+-]/, "").split("*")) {
      if (/^\d+$/.test(factor)) coefficient *= Number(factor);
      else if (ATOM.test(factor)) symbols.push(factor);
      else throw new Error(`dimension: expected an integer or a polynomial over names, got ${JSON.stringify(dim)}`);
    }
    accumulate(poly, symbols.sort().join("*"), coefficient);
  }
  return poly;
}

function accumulate(poly: Poly, monomial: string, coefficient: number): void {
  const sum = (poly.get(monomial) ?? 0) + coefficient;
  if (sum === 0) poly.delete(monomial);
  else poly.set(monomial, sum);
}

function print(poly: Poly): Dim {
  const constant = poly.get("") ?? 0;
  const terms = [...poly].filter(([monomial]) => monomial !== "").sort(([a], [b]) => (a < b ? -1 : 1));
  if (terms.length === 0) return constant;
  const texts = terms.map(([monomial, c]) => {
    const magnitude = Math.abs(c) === 1 ? monomial : `${Math.abs(c)}*${monomial}`;
    return c < 0 ? `-${magnitude}` : `+${magnitude}`;
  });
  if (constant !== 0) texts.push(constant < 0 ? `${constant}` : `+${constant}`);
  return texts.join("").replace(/^\+/, "");
}

/** Results kept at most; beyond, all are forgotten. */
const MOST_KNOWN = 4096;

/** A function of two dimensions that knows its results again: a network's blocks have the same dimensions over and over. */
function remembered(compute: (a: Dim, b: Dim) => Dim): (a: Dim, b: Dim) => Dim {
  const known = new Map<string, Dim>();
  return (a, b) => {
    const key = `${a} ${b}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const result = compute(a, b);
    if (known.size >= MOST_KNOWN) known.clear();
    known.set(key, result);
    return result;
  };
}

const addTexts = remembered((a, b) => {
  const sum = parse(a);
  for (const [monomial, c] of parse(b)) accumulate(sum, monomial, c);
  return print(sum);
});

export const addDims = (a: Dim, b: Dim): Dim =>
  typeof a === "number" && typeof b === "number" ? a + b : addTexts(a, b);

const mulTexts = remembered((a, b) => {
  const product: Poly = new Map();
  for (const [m1, c1] of parse(a))
    for (const [m2, c2] of parse(b)) {
      const symbols = [...m1.split("*"), ...m2.split("*")].filter((s) => s !== "");
      accumulate(product, symbols.sort().join("*"), c1 * c2);
    }
  return print(product);
});

export function mulDims(a: Dim, b: Dim): Dim {
  // The sum turns a product of -0 into 0, so that equal dimensions are the same value.
  if (typeof a === "number" && typeof b === "number") return a * b + 0;
  if (a === 1) return b;
  if (b === 1) return a;
  return mulTexts(a, b);
}

export function subDims(a: Dim, b: Dim): Dim {
  return addDims(a, mulDims(-1, b));
}

/** floor(a / divisor) for a positive integer divisor; symbolic terms must be divisible exactly. */
export function floorDivDim(a: Dim, divisor: number): Dim {
  if (typeof a === "number") return Math.floor(a / divisor);
  const quotient: Poly = new Map();
  for (const [monomial, c] of parse(a)) {
    if (monomial !== "" && c % divisor !== 0)
      throw new Error(
        `dimension: expected ${a} to be divisible by ${divisor} (declare the input as a multiple, such as "${divisor}*h")`,
      );
    accumulate(quotient, monomial, Math.floor(c / divisor));
  }
  return print(quotient);
}

/** Product of all dimensions. */
export function sizeOf(shape: Shape): Dim {
  return shape.reduce((product: Dim, dim) => mulDims(product, dim), 1);
}

/** Terms of a symbolic dimension: coefficient and the symbols multiplied. */
export function dimTerms(dim: Dim): { coefficient: number; symbols: string[] }[] {
  return [...parse(dim)].map(([monomial, coefficient]) => ({
    coefficient,
    symbols: monomial === "" ? [] : monomial.split("*"),
  }));
}

/** Values of symbolic dimensions. */
export type Symbols = Readonly<Record<string, number>>;

/** A dimension as a function of its symbols. */
export function compileDim(dim: Dim): (values: Symbols) => number {
  if (typeof dim === "number") return () => dim;
  const terms = dimTerms(dim);
  return (values) => {
    let sum = 0;
    for (const { coefficient, symbols } of terms) {
      let term = coefficient;
      for (const symbol of symbols) {
        const value = values[symbol];
        if (value === undefined) throw new Error(`dimension ${dim}: expected a value for "${symbol}", got none`);
        term *= value;
      }
      sum += term;
    }
    return sum;
  };
}

/** The integer value of a dimension under an assignment of its symbols. */
export const evaluateDim = (dim: Dim, values: Symbols): number => compileDim(dim)(values);

/** The other operand's dimension if one is 1, the common one if equal; throws if they differ. */
function broadcastDims(where: string, a: Dim, b: Dim): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  throw new Error(`${where}: expected dimensions that are equal or 1, got ${a} and ${b}`);
}

/** Numpy-style broadcast of two shapes. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) =>
    broadcastDims(
      `${where} of [${a.join(", ")}] and [${b.join(", ")}]`,
      a[i - rank + a.length] ?? 1,
      b[i - rank + b.length] ?? 1,
    ),
  );
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

/** Axis in 0..rank-1 for a possibly negative axis. */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank)
    throw new Error(`${where}: expected an axis in -${rank}..${rank - 1}, got ${axis}`);
  return positive;
}

/** Throws unless the shape matches; used at each block's entry so that a dimension suffix cannot lie. */
export function expectShape(where: string, actual: Shape, expected: Shape): void {
  if (!sameShape(actual, expected))
    throw new Error(`${where}: expected shape [${expected.join(", ")}], got [${actual.join(", ")}]`);
}
