/** The transformer of one picture in plain loops: the training form, all tokens at once under the block-causal rule. */
import type { TransformerConfig } from "../../../src/models/index.ts";
import type { Grid } from "../../../src/sampling/index.ts";
import { gelu, linear, normalised, row, silu, softmax, unit, type Weights, weight } from "./math.ts";
import { areaCell, bicubicCell } from "./resize.ts";

/**
 * Logits of every scale, [l, V] each. Scale i sees the tokens of scale i − 1; the last scale's are not read.
 * @param tokens ids of every scale, row-major.
 */
export function referenceLogits(
  w: Weights,
  config: TransformerConfig,
  classId: number,
  grids: readonly Grid[],
  tokens: readonly ArrayLike<number>[],
): Float64Array[] {
  const embedding = row(weight(w, "class_emb.weight"), classId, config.width);
  const x = grids.flatMap((grid, i) => inputs(w, config, embedding, grid, grids[i - 1], tokens[i - 1]));
  const end = grids.flatMap((_, i) => {
    const total = grids.slice(0, i + 1).reduce((n, [h, v]) => n + h * v, 0);
    return new Array<number>(grids[i]![0] * grids[i]![1]).fill(total);
  });
  for (let i = 0; i < config.depth; i++) block(w, config, i, x, end, embedding);
  const [scale, shift] = parts(linear(w, "head_nm.ada_lin.1", embedding.map(silu)), 2);
  const logits = x.map((token) => linear(w, "head", modulate(token, scale!, shift!)));
  let at = 0;
  return grids.map(([h, v]) => {
    const rows = logits.slice(at, at + h * v);
    at += h * v;
    return Float64Array.from(rows.flatMap((one) => [...one]));
  });
}

/** What a scale's tokens start from: the class, or the resized codes of the scale before; plus positions. */
function inputs(
  w: Weights,
  { width: C, codeDim: Z, positionSide: S }: TransformerConfig,
  embedding: Float64Array,
  grid: Grid,
  before: Grid | undefined,
  tokens: ArrayLike<number> | undefined,
): Float64Array[] {
  const map = weight(w, "pos_1LC");
  const start = weight(w, "pos_start");
  const codebook = weight(w, "quantize.embedding.weight");
  const codes = before && Array.from(tokens!, (id) => unit(row(codebook, id, Z)));
  const cells: Float64Array[] = [];
  for (let y = 0; y < grid[0]; y++)
    for (let x = 0; x < grid[1]; x++) {
      const position = Float64Array.from({ length: C }, (_, c) =>
        areaCell((i, j) => map[(c * S + i) * S + j]!, [S, S], grid, [y, x]),
      );
      const content =
        codes === undefined
          ? embedding.map((v, c) => v + start[c]!)
          : linear(
              w,
              "word_embed",
              Float64Array.from({ length: Z }, (_, z) =>
                bicubicCell((i, j) => codes[i * before![1] + j]![z]!, before!, grid, [y, x]),
              ),
            );
      cells.push(content.map((v, c) => v + position[c]!));
    }
  return cells;
}

const parts = (x: Float64Array, n: number): Float64Array[] =>
  Array.from({ length: n }, (_, i) => x.subarray((i * x.length) / n, ((i + 1) * x.length) / n));

const modulate = (x: Float64Array, scale: Float64Array, shift: Float64Array): Float64Array =>
  normalised(x).map((v, c) => v * (1 + scale[c]!) + shift[c]!);

/** One block, in place. Token t attends to tokens before `end[t]`. */
function block(
  w: Weights,
  config: TransformerConfig,
  index: number,
  x: Float64Array[],
  end: readonly number[],
  embedding: Float64Array,
): void {
  const name = `blocks.${index}`;
  const condition = embedding.map(silu);
  const modulation = config.sharedAdaLN
    ? linear(w, "shared_ada_lin.1", condition).map((v, i) => v + weight(w, `${name}.ada_gss`)[i]!)
    : linear(w, `${name}.ada_lin.1`, condition);
  const [gamma1, gamma2, scale1, scale2, shift1, shift2] = parts(modulation, 6);
  const mixed = attention(
    w,
    config,
    `${name}.attn`,
    x.map((token) => modulate(token, scale1!, shift1!)),
    end,
  );
  x.forEach((token, t) => {
    const attended = token.map((v, c) => v + gamma1![c]! * mixed[t]![c]!);
    const hidden = linear(w, `${name}.ffn.fc1`, modulate(attended, scale2!, shift2!)).map(gelu);
    const out = linear(w, `${name}.ffn.fc2`, hidden);
    x[t] = attended.map((v, c) => v + gamma2![c]! * out[c]!);
  });
}

function attention(
  w: Weights,
  { width: C, heads: H, qkNorm }: TransformerConfig,
  name: string,
  x: readonly Float64Array[],
  end: readonly number[],
): Float64Array[] {
  const c = C / H;
  const [qBias, vBias] = [weight(w, `${name}.q_bias`), weight(w, `${name}.v_bias`)];
  const projected = x.map((token) => linear(w, `${name}.mat_qkv`, token, false));
  const head = (t: number, part: number, h: number): Float64Array => {
    const from = part * C + h * c;
    const bias = part === 0 ? qBias : part === 2 ? vBias : undefined;
    return projected[t]!.slice(from, from + c).map((v, i) => v + (bias?.[h * c + i] ?? 0));
  };
  const mixed = x.map(() => new Float64Array(C));
  for (let h = 0; h < H; h++) {
    const values = x.map((_, t) => head(t, 2, h));
    const keys = x.map((_, t) => (qkNorm ? unit(head(t, 1, h)) : head(t, 1, h)));
    const scale = qkNorm
      ? Math.exp(Math.min(weight(w, `${name}.scale_mul_1H11`)[h]!, Math.log(100)))
      : 0.25 / Math.sqrt(c);
    x.forEach((_, t) => {
      const query = qkNorm ? unit(head(t, 0, h)) : head(t, 0, h);
      const scores = new Float64Array(end[t]!);
      for (let k = 0; k < scores.length; k++) {
        let dot = 0;
        for (let i = 0; i < c; i++) dot += query[i]! * keys[k]![i]!;
        scores[k] = dot * scale;
      }
      softmax(scores).forEach((share, k) => {
        for (let i = 0; i < c; i++) mixed[t]![h * c + i]! += share * values[k]![i]!;
      });
    });
  }
  return mixed.map((token) => linear(w, `${name}.proj`, token));
}
