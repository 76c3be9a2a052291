/** The tokenizer of one picture in plain loops, written from LlamaGen's layout. */
import type { TokenizerConfig } from "../../../src/models/index.ts";
import { normalised, row, silu, softmax, unit, type Weights, weight } from "./math.ts";
import { areaCell } from "./resize.ts";

/** Channels of h×w numbers. */
export interface Planes {
  readonly channels: number;
  readonly h: number;
  readonly w: number;
  readonly data: Float64Array;
}

const planes = (channels: number, h: number, w: number): Planes => ({
  channels,
  h,
  w,
  data: new Float64Array(channels * h * w),
});
const map = (x: Planes, f: (value: number, index: number) => number): Planes => ({ ...x, data: x.data.map(f) });
const add = (a: Planes, b: Planes): Planes => map(a, (v, i) => v + b.data[i]!);

/** k×k convolution; `before` cells of zeros at the top and left, as many as fit at the bottom and right. */
function conv(w: Weights, name: string, x: Planes, k: number, stride = 1, before = (k - 1) / 2): Planes {
  const [W, b] = [weight(w, `${name}.weight`), weight(w, `${name}.bias`)];
  const out = planes(b.length, x.h / stride, x.w / stride);
  for (let o = 0; o < out.channels; o++)
    for (let y = 0; y < out.h; y++)
      for (let c = 0; c < out.w; c++) {
        let sum = b[o]!;
        for (let i = 0; i < k; i++)
          for (let j = 0; j < k; j++) {
            const [sy, sx] = [y * stride + i - before, c * stride + j - before];
            if (sy < 0 || sx < 0 || sy >= x.h || sx >= x.w) continue;
            for (let n = 0; n < x.channels; n++)
              sum += W[((o * x.channels + n) * k + i) * k + j]! * x.data[(n * x.h + sy) * x.w + sx]!;
          }
        out.data[(o * out.h + y) * out.w + c] = sum;
      }
  return out;
}

function groupNorm(w: Weights, name: string, x: Planes, groups: number): Planes {
  const [scale, shift] = [weight(w, `${name}.weight`), weight(w, `${name}.bias`)];
  const size = x.data.length / groups;
  const cells = x.h * x.w;
  const data = new Float64Array(x.data.length);
  for (let g = 0; g < groups; g++) data.set(normalised(x.data.slice(g * size, (g + 1) * size)), g * size);
  return {
    ...x,
    data: data.map((v, i) => v * scale[Math.floor(i / cells)]! + shift[Math.floor(i / cells)]!),
  };
}

function resnet(w: Weights, name: string, x: Planes, groups: number): Planes {
  const first = conv(w, `${name}.conv1`, map(groupNorm(w, `${name}.norm1`, x, groups), silu), 3);
  const second = conv(w, `${name}.conv2`, map(groupNorm(w, `${name}.norm2`, first, groups), silu), 3);
  return add(w.has(`${name}.nin_shortcut.weight`) ? conv(w, `${name}.nin_shortcut`, x, 1) : x, second);
}

function attention(w: Weights, name: string, x: Planes, groups: number): Planes {
  const normed = groupNorm(w, `${name}.norm`, x, groups);
  const [q, k, v] = ["q", "k", "v"].map((part) => conv(w, `${name}.${part}`, normed, 1)) as [Planes, Planes, Planes];
  const cells = x.h * x.w;
  const mixed = planes(x.channels, x.h, x.w);
  for (let t = 0; t < cells; t++) {
    const scores = new Float64Array(cells);
    for (let s = 0; s < cells; s++) {
      for (let n = 0; n < x.channels; n++) scores[s]! += q.data[n * cells + t]! * k.data[n * cells + s]!;
      scores[s]! /= Math.sqrt(x.channels);
    }
    softmax(scores).forEach((share, s) => {
      for (let n = 0; n < x.channels; n++) mixed.data[n * cells + t]! += share * v.data[n * cells + s]!;
    });
  }
  return add(x, conv(w, `${name}.proj_out`, mixed, 1));
}

function blocks(w: Weights, name: string, x: Planes, count: number, groups: number): Planes {
  let y = x;
  for (let i = 0; i < count; i++) {
    y = resnet(w, `${name}.res.${i}`, y, groups);
    if (w.has(`${name}.attn.${i}.q.weight`)) y = attention(w, `${name}.attn.${i}`, y, groups);
  }
  return y;
}

function middle(w: Weights, half: string, x: Planes, groups: number): Planes {
  const attended = attention(w, `${half}.mid.1`, resnet(w, `${half}.mid.0`, x, groups), groups);
  return resnet(w, `${half}.mid.2`, attended, groups);
}

const out = (w: Weights, half: string, x: Planes, groups: number): Planes =>
  conv(w, `${half}.conv_out`, map(groupNorm(w, `${half}.norm_out`, x, groups), silu), 3);

/** Picture to the latent [Z, h, w]. */
export function referenceLatent(w: Weights, config: TokenizerConfig, image: Planes): Planes {
  const groups = config.normGroups;
  const levels = config.channelMultipliers.length;
  let x = conv(w, "encoder.conv_in", fold(image, config.patchSize), 3);
  for (let level = 0; level < levels; level++) {
    x = blocks(w, `encoder.conv_blocks.${level}`, x, config.resBlocks, groups);
    if (level < levels - 1) x = conv(w, `encoder.conv_blocks.${level}.downsample.conv`, x, 3, 2, 0);
  }
  return conv(w, "quant_conv", out(w, "encoder", middle(w, "encoder", x, groups), groups), 1);
}

/** Code ids of a grid to a picture. */
export function referencePicture(
  w: Weights,
  config: TokenizerConfig,
  [h, width]: readonly [number, number],
  tokens: ArrayLike<number>,
): Planes {
  const groups = config.normGroups;
  const levels = config.channelMultipliers.length;
  const codes = planes(config.codeDim, h, width);
  for (let t = 0; t < h * width; t++)
    unit(row(weight(w, "quantize.embedding.weight"), tokens[t]!, config.codeDim)).forEach((v, z) => {
      codes.data[z * h * width + t] = v;
    });
  let x = middle(w, "decoder", conv(w, "decoder.conv_in", conv(w, "post_quant_conv", codes, 1), 3), groups);
  for (let level = 0; level < levels; level++) {
    x = blocks(w, `decoder.conv_blocks.${level}`, x, config.decoderResBlocks, groups);
    if (level < levels - 1) x = conv(w, `decoder.conv_blocks.${level}.upsample.conv`, doubled(x), 3);
  }
  return unfold(out(w, "decoder", x, groups), config.patchSize);
}

/** Cosines [h·w, V] of the area-pooled latent with every code. */
export function referenceCosines(
  w: Weights,
  { codebookSize: V, codeDim: Z }: TokenizerConfig,
  latent: Planes,
  grid: readonly [number, number],
): Float64Array[] {
  const codes = Array.from({ length: V }, (_, id) => unit(row(weight(w, "quantize.embedding.weight"), id, Z)));
  return Array.from({ length: grid[0] * grid[1] }, (_, t) => {
    const cell: [number, number] = [Math.floor(t / grid[1]), t % grid[1]];
    const pooled = unit(
      Array.from({ length: Z }, (_, z) =>
        areaCell((y, x) => latent.data[(z * latent.h + y) * latent.w + x]!, [latent.h, latent.w], grid, cell),
      ),
    );
    return Float64Array.from(codes, (code) => code.reduce((sum, v, z) => sum + v * pooled[z]!, 0));
  });
}

function doubled(x: Planes): Planes {
  const y = planes(x.channels, x.h * 2, x.w * 2);
  return map(y, (_, i) => {
    const [plane, at] = [Math.floor(i / (y.h * y.w)), i % (y.h * y.w)];
    return x.data[(plane * x.h + (Math.floor(at / y.w) >> 1)) * x.w + ((at % y.w) >> 1)]!;
  });
}

/** Blocks of k×k pixels to channels: channel c·k² + row·k + column. */
function fold(x: Planes, k: number): Planes {
  const y = planes(x.channels * k * k, x.h / k, x.w / k);
  eachPixel(x, k, (from, to) => {
    y.data[to] = x.data[from]!;
  });
  return y;
}

function unfold(y: Planes, k: number): Planes {
  const x = planes(y.channels / (k * k), y.h * k, y.w * k);
  eachPixel(x, k, (to, from) => {
    x.data[to] = y.data[from]!;
  });
  return x;
}

function eachPixel(x: Planes, k: number, visit: (pixel: number, folded: number) => void): void {
  const [h, w] = [x.h / k, x.w / k];
  for (let c = 0; c < x.channels; c++)
    for (let y = 0; y < x.h; y++)
      for (let i = 0; i < x.w; i++) {
        const channel = c * k * k + (y % k) * k + (i % k);
        visit((c * x.h + y) * x.w + i, (channel * h + Math.floor(y / k)) * w + Math.floor(i / k));
      }
}
