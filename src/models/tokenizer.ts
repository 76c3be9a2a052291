/**
 * The scalable VQVAE tokenizer (arXiv 2502.20313, section 3.2; layout of LlamaGen's VQ-8 and VQ-16): convolutional encoder,
 * L2-normalised codebook shared by all scales, convolutional decoder. Grids are h×w everywhere.
 */
import {
  type Dim,
  dim,
  floorDivDim as divide,
  expectShape,
  mulDims,
  ops,
  scope,
  type Tensor,
} from "../engine/index.ts";
import {
  convLayer,
  declareConv,
  declareGroupNorm,
  declarePixelAttention,
  declareResnetBlock,
  groupNorm,
  type ParamDecl,
  type Params,
  pixelAttention,
  resnetBlock,
  same3x3,
  upsampleConvLayer,
} from "../nn/index.ts";

const { argMax, gather, l2Normalize, matmul, padImage, reshape, silu, transpose } = ops;

export interface TokenizerConfig {
  /** Width of the encoder's first convolution, and the unit of the levels' widths. */
  readonly baseChannels: number;
  /** Width of each level as a multiple of `baseChannels`, finest first; every level but the last halves the side. */
  readonly channelMultipliers: readonly number[];
  /** Residual blocks of an encoder level; the decoder has `decoderResBlocks`. */
  readonly resBlocks: number;
  readonly decoderResBlocks: number;
  /** Whether the coarsest level has attention after each residual block (the middle always has). */
  readonly attention: boolean;
  /** Channels of the latent before the 1×1 convolution to the code dimension. */
  readonly latentChannels: number;
  /** Z, numbers in a code. */
  readonly codeDim: number;
  /** V, codes in the codebook. */
  readonly codebookSize: number;
  /** Groups of every GroupNorm. */
  readonly normGroups: number;
  /** Pixels on a side that are folded into channels before the first convolution; 1 in the released layout. */
  readonly patchSize: number;
}

/** LlamaGen's VQ-16 with FlexVAR's codebook: the released tokenizer. */
export const vq16: TokenizerConfig = {
  baseChannels: 128,
  channelMultipliers: [1, 1, 2, 2, 4],
  resBlocks: 2,
  decoderResBlocks: 3,
  attention: true,
  latentChannels: 256,
  codeDim: 32,
  codebookSize: 8912,
  normGroups: 32,
  patchSize: 1,
};

/** Pixels on a side of one latent cell. */
export function downsampling(config: TokenizerConfig): number {
  return config.patchSize * 2 ** (config.channelMultipliers.length - 1);
}

/** Widths of the levels, finest first. */
function widths(config: TokenizerConfig): number[] {
  return config.channelMultipliers.map((m) => m * config.baseChannels);
}

const names = {
  block: (half: string, level: number, i: number) => `${half}.conv_blocks.${level}.res.${i}`,
  attention: (half: string, level: number, i: number) => `${half}.conv_blocks.${level}.attn.${i}`,
};

const imageChannels = (config: TokenizerConfig): number => 3 * config.patchSize ** 2;

/** Every parameter of the tokenizer under its released name. */
export function declareTokenizer(config: TokenizerConfig): ParamDecl[] {
  const width = widths(config);
  const coarsest = width.length - 1;
  const deep = width[coarsest]!;
  const decls: ParamDecl[] = [];

  const level = (half: "encoder" | "decoder", index: number, inputs: number, outputs: number, attended: boolean) => {
    const blocks = half === "encoder" ? config.resBlocks : config.decoderResBlocks;
    for (let i = 0; i < blocks; i++) {
      decls.push(...declareResnetBlock(names.block(half, index, i), i === 0 ? inputs : outputs, outputs));
      if (attended) decls.push(...declarePixelAttention(names.attention(half, index, i), outputs));
    }
  };
  const middle = (half: "encoder" | "decoder") => {
    decls.push(...declareResnetBlock(`${half}.mid.0`, deep, deep));
    decls.push(...declarePixelAttention(`${half}.mid.1`, deep));
    decls.push(...declareResnetBlock(`${half}.mid.2`, deep, deep));
  };

  decls.push(...declareConv("encoder.conv_in", config.baseChannels, imageChannels(config), 3));
  width.forEach((outputs, i) => {
    const inputs = i === 0 ? config.baseChannels : width[i - 1]!;
    level("encoder", i, inputs, outputs, config.attention && i === coarsest);
    if (i < coarsest) decls.push(...declareConv(`encoder.conv_blocks.${i}.downsample.conv`, outputs, outputs, 3));
  });
  middle("encoder");
  decls.push(...declareGroupNorm("encoder.norm_out", deep));
  decls.push(...declareConv("encoder.conv_out", config.latentChannels, deep, 3));

  decls.push(...declareConv("decoder.conv_in", deep, config.latentChannels, 3));
  middle("decoder");
  for (let i = 0; i <= coarsest; i++) {
    const outputs = width[coarsest - i]!;
    level("decoder", i, width[Math.min(coarsest, coarsest - i + 1)]!, outputs, config.attention && i === 0);
    if (i < coarsest) decls.push(...declareConv(`decoder.conv_blocks.${i}.upsample.conv`, outputs, outputs, 3));
  }
  decls.push(...declareGroupNorm("decoder.norm_out", width[0]!));
  decls.push(...declareConv("decoder.conv_out", imageChannels(config), width[0]!, 3));

  decls.push({
    name: CODEBOOK,
    shape: [config.codebookSize, config.codeDim],
    init: { kind: "uniform", bound: 1 / config.codebookSize },
    decay: true,
  });
  decls.push(...declareConv("quant_conv", config.codeDim, config.latentChannels, 1));
  decls.push(...declareConv("post_quant_conv", config.latentChannels, config.codeDim, 1));
  return decls;
}

export const CODEBOOK = "quantize.embedding.weight";

/** Buffers that released tokenizers carry and that hold no weights. */
export const isTokenizerBuffer = (name: string): boolean => name === "quantize.codebook_used";

/** Whether a parameter lies behind the codebook: it decodes codes, and no code depends on it. */
export const isDecoderParam = (name: string): boolean =>
  name.startsWith("decoder.") || name.startsWith("post_quant_conv.");

/** Two residual blocks around attention, at the coarsest level. */
function middle(p: Params, half: "encoder" | "decoder", x: Tensor, config: TokenizerConfig): Tensor {
  const C = dim(x, 1) as number;
  const first = resnetBlock(p, `${half}.mid.0`, x, C, config.normGroups);
  return resnetBlock(
    p,
    `${half}.mid.2`,
    pixelAttention(p, `${half}.mid.1`, first, config.normGroups),
    C,
    config.normGroups,
  );
}

/** Picture [B, 3, H, W] in [−1, 1], sides multiples of the down-sampling, to features [B, latentChannels, h, w]. */
export function encoderFeatures(p: Params, config: TokenizerConfig, image_B3HW: Tensor): Tensor {
  const width = widths(config);
  const coarsest = width.length - 1;
  let x = convLayer(p, "encoder.conv_in", foldPatches(image_B3HW, config.patchSize), same3x3);
  width.forEach((channels, level) => {
    for (let i = 0; i < config.resBlocks; i++) {
      x = resnetBlock(p, names.block("encoder", level, i), x, channels, config.normGroups);
      if (config.attention && level === coarsest)
        x = pixelAttention(p, names.attention("encoder", level, i), x, config.normGroups);
    }
    // Stride 2 after zero padding at the right and the bottom only.
    if (level < coarsest) {
      const name = `encoder.conv_blocks.${level}.downsample.conv`;
      x = convLayer(p, name, padImage(x, [0, 0, 1, 1]), { strides: [2, 2] });
    }
  });
  x = middle(p, "encoder", x, config);
  return convLayer(p, "encoder.conv_out", silu(groupNorm(p, "encoder.norm_out", x, config.normGroups)), same3x3);
}

/** Picture [B, 3, H, W] to the latent [B, Z, h, w] that is pooled and quantised. */
export function encodeLatent(p: Params, config: TokenizerConfig, image_B3HW: Tensor): Tensor {
  return convLayer(p, "quant_conv", encoderFeatures(p, config, image_B3HW), {});
}

/** Latent [B, Z, h, w] to [B, h·w, Z]: one row per cell, row-major. */
export function latentRows(latent_BZhw: Tensor): Tensor {
  const [B, Z, h, w] = latent_BZhw.shape as [Dim, number, Dim, Dim];
  return transpose(reshape(latent_BZhw, [B, Z, mulDims(h, w)]), [0, 2, 1]);
}

/** The codebook with unit rows [V, Z]: stored un-normalised, used normalised. */
export function unitCodebook(p: Params): Tensor {
  return l2Normalize(p(CODEBOOK));
}

/** Rows [B, l, Z] of any length to the ids [B, l] of the codes with the largest cosine. */
export function nearestCodes(p: Params, rows_BlZ: Tensor): Tensor {
  return argMax(matmul(l2Normalize(rows_BlZ), unitCodebook(p), { transB: true }), 2);
}

/** Code ids [B, l] to unit codes [B, l, Z]. */
export function lookUpCodes(p: Params, tokens_Bl: Tensor): Tensor {
  return gather(unitCodebook(p), tokens_Bl);
}

/** Unit codes [B, Z, h, w] to a picture [B, 3, H, W], about [−1, 1], not clamped. */
export function decodeCodes(p: Params, config: TokenizerConfig, codes_BZhw: Tensor): Tensor {
  const [B, , h, w] = codes_BZhw.shape as [Dim, Dim, Dim, Dim];
  expectShape("decodeCodes", codes_BZhw.shape, [B, config.codeDim, h, w]);
  const width = widths(config);
  const coarsest = width.length - 1;
  let x = convLayer(p, "decoder.conv_in", convLayer(p, "post_quant_conv", codes_BZhw, {}), same3x3);
  x = middle(p, "decoder", x, config);
  for (let level = 0; level <= coarsest; level++) {
    for (let i = 0; i < config.decoderResBlocks; i++) {
      x = resnetBlock(p, names.block("decoder", level, i), x, width[coarsest - level]!, config.normGroups);
      if (config.attention && level === 0)
        x = pixelAttention(p, names.attention("decoder", level, i), x, config.normGroups);
    }
    if (level < coarsest) x = upsampleConvLayer(p, `decoder.conv_blocks.${level}.upsample.conv`, x);
  }
  x = convLayer(p, "decoder.conv_out", silu(groupNorm(p, "decoder.norm_out", x, config.normGroups)), same3x3);
  return scope("unfold", () => unfoldPatches(x, config.patchSize));
}

/** Code ids [B, h, w] to a picture [B, 3, H, W]. */
export function decodeTokens(p: Params, config: TokenizerConfig, tokens_Bhw: Tensor): Tensor {
  return decodeCodes(p, config, transpose(gather(unitCodebook(p), tokens_Bhw), [0, 3, 1, 2]));
}

/** [B, 3, k·h, k·w] to [B, 3·k·k, h, w]. */
function foldPatches(x: Tensor, k: number): Tensor {
  if (k === 1) return x;
  const [B, C, H, W] = x.shape as [Dim, number, Dim, Dim];
  const [h, w] = [divide(H, k), divide(W, k)];
  return reshape(transpose(reshape(x, [B, C, h, k, w, k]), [0, 1, 3, 5, 2, 4]), [B, C * k * k, h, w]);
}

/** [B, 3·k·k, h, w] to [B, 3, k·h, k·w]. */
function unfoldPatches(x: Tensor, k: number): Tensor {
  if (k === 1) return x;
  const [B, C, h, w] = x.shape as [Dim, number, Dim, Dim];
  const spread = transpose(reshape(x, [B, C / (k * k), k, k, h, w]), [0, 1, 4, 2, 5, 3]);
  return reshape(spread, [B, C / (k * k), mulDims(h, k), mulDims(w, k)]);
}

/**
 * Resizes grids [B, h, w, D] to [B, h2·w2, D] by one matrix per axis: `rows` [h2, h], `columns` [w2, w]
 * (area pooling or bicubic, built on the host).
 */
export function resizeGrid(grid_BhwD: Tensor, rows: Tensor, columns: Tensor): Tensor {
  const [B, h, , D] = grid_BhwD.shape as [Dim, Dim, Dim, number];
  const [h2, w2] = [dim(rows, 0), dim(columns, 0)];
  const wide = reshape(matmul(columns, grid_BhwD), [B, h, mulDims(w2, D)]);
  return reshape(matmul(rows, wide), [B, mulDims(h2, w2), D]);
}
