/** The pipeline that users hold: class-conditional generation, and pictures to tokens and back. */
import { ExpectedError } from "../errors/index.ts";
import { concatArrays } from "../files/web.ts";
import { areaMatrix, type PlanarBatch, planarToRgb, type RgbImage } from "../image/index.ts";
import { downsampling } from "../models/index.ts";
import type { Drawing } from "../options/index.ts";
import type { ModelConfig } from "../pretrained/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { type Grid, gridTokens } from "../sampling/index.ts";
import {
  type ExpandOptions,
  expand,
  type InpaintOptions,
  inpaint,
  type OutpaintOptions,
  outpaint,
  type RefineOptions,
  refine,
} from "./edit.ts";
import { resizeFeeds } from "./forward.ts";
import { type ClassScore, type ScoreOptions, scoreClasses } from "./likelihood.ts";
import type { EditEvent, OpenModel, ScaleTokens } from "./model.ts";
import type { Networks } from "./networks.ts";
import { checkBatch, once } from "./passes.ts";
import { type PictureInfo, picturesOf } from "./pictures.ts";
import { transformerOf } from "./programs.ts";
import { checkScores, defaultBatch, type GenerateOptions, type ResolvedRun, resolveRun } from "./resolve.ts";
import { pictureRow, sampleScales } from "./sample.ts";
import { generateLarge, type LargeOptions } from "./tiled.ts";

/** One finished scale of one batch of pictures. */
export interface ScaleEvent extends ScaleTokens {
  /** Scale number from 0, of `total`. */
  readonly index: number;
  readonly total: number;
  readonly isLast: boolean;
  /** The batch's pictures, and the position of its first among all pictures of the run. */
  readonly pictures: readonly PictureInfo[];
  readonly first: number;
  /** Logits [B, h·w, V] after guidance and before any filtering. */
  readonly logits: Float32Array;
  /** Decodes this scale's pictures: [B, 3, H, W], about [−1, 1]; at the last scale cropped to the size asked for. */
  image(): Promise<PlanarBatch>;
  /** The same as the decoder returns it: never cropped. */
  decoded(): Promise<PlanarBatch>;
  /** Decodes the picture of one row of the batch alone. */
  picture(row: number): Promise<RgbImage>;
}

/**
 * An opened model. Close it with `dispose()` or `await using`.
 *
 * @example
 * const pipe = await FlexVAR.fromPretrained("models/emoji");
 * for await (const step of pipe.generate({ classLabels: ["animal-face"], seed: 7 })) {
 *   if (step.isLast) console.log(await step.image());
 * }
 */
export class FlexVARPipeline implements OpenModel {
  readonly config: ModelConfig;
  /** The model's sessions, for the tasks beside this class. */
  readonly networks: Networks;

  constructor(config: ModelConfig, networks: Networks) {
    this.config = config;
    this.networks = networks;
  }

  /** Pixels on a side of one token. */
  get factor(): number {
    return downsampling(this.config.tokenizer);
  }

  /** Names of the classes by id; empty where the model has none. */
  get labels(): readonly string[] {
    return this.config.id2label;
  }

  /** What computes. */
  get device(): string {
    return this.runtime.description;
  }

  /** What the networks run on. */
  get runtime(): Runtime {
    return this.networks.runtime;
  }

  /** Every setting of a run decided, with its classes looked up. @throws OptionError in words. */
  resolve(options: GenerateOptions): ResolvedRun {
    return resolveRun(this.config, options);
  }

  /**
   * Generates pictures scale by scale: class after class, `count` of each. One event per scale and batch; not asking for
   * the next one stops. @throws OptionError for bad options; the signal's reason when aborted.
   */
  async *generate(options: GenerateOptions): AsyncGenerator<ScaleEvent> {
    const resolved = this.resolve(options);
    checkScores(resolved.plan, transformerOf(this.config).heads);
    const { seed } = resolved;
    const infos = picturesOf(this.config, resolved, resolved.picks, options.firstIndex);
    const pictures = infos.map((info) => ({ info, seed }));
    const size = checkBatch(options.batchSize ?? defaultBatch(resolved.plan));
    for (let first = 0; first < pictures.length; first += size)
      yield* sampleBatch(this, resolved, pictures.slice(first, first + size), first, options.signal);
  }

  /** Repaints a part of a picture; see `InpaintOptions`. */
  inpaint(options: InpaintOptions): AsyncGenerator<EditEvent> {
    return inpaint(this, options);
  }

  /** Continues a picture beyond its edges. */
  outpaint(options: OutpaintOptions): AsyncGenerator<EditEvent> {
    return outpaint(this, options);
  }

  /** Brings a picture to another ratio of sides by painting beside it. */
  expand(options: ExpandOptions): AsyncGenerator<EditEvent> {
    return expand(this, options);
  }

  /** Draws a picture at a higher resolution. */
  refine(options: RefineOptions): AsyncGenerator<EditEvent> {
    return refine(this, options);
  }

  /** Draws pictures of any size; beyond twice the trained side level by level, in windows on one grid. */
  generateLarge(options: LargeOptions): AsyncGenerator<EditEvent> {
    return generateLarge(this, options);
  }

  /** How likely a picture is under each of several classes. */
  score(options: ScoreOptions): Promise<ClassScore[]> {
    return scoreClasses(this, options);
  }

  /** Decodes one scale's tokens to pictures [B, 3, H, W], about [−1, 1], not clamped. One picture at a time. */
  async decode({ grid: [h, w], tokens }: ScaleTokens): Promise<PlanarBatch> {
    const { runtime } = this.networks;
    const { codebookSize } = this.config.tokenizer;
    const batch = tokens.length / (h * w);
    if (!Number.isInteger(batch) || batch < 1)
      throw new ExpectedError(`decode: expected tokens for whole grids of ${h}x${w}, got ${tokens.length}`);
    const bad = tokens.find((id) => id < 0 || id >= codebookSize);
    if (bad !== undefined)
      throw new ExpectedError(`decode: expected code ids from 0 to ${codebookSize - 1}, got ${bad}`);
    const [height, width] = [h * this.factor, w * this.factor];
    const data = new Float32Array(batch * 3 * height * width);
    for (let b = 0; b < batch; b++) {
      const own = tokens.subarray(b * h * w, (b + 1) * h * w);
      const { image } = await (await this.networks.decoder()).run({ tokens: runtime.ints(own, [1, h, w]) });
      data.set(image!.data as Float32Array, b * 3 * height * width);
    }
    return { data, batch, height, width };
  }

  /**
   * Encodes pictures to the tokens of every grid asked for (paper section 3.2): the full latent, area-pooled to each grid
   * and quantised. One picture at a time. @throws RangeError where the sides are not multiples of the factor.
   */
  async encode({ data, batch, height, width }: PlanarBatch, grids: readonly Grid[]): Promise<ScaleTokens[]> {
    const { runtime } = this.networks;
    const f = this.factor;
    if (height % f !== 0 || width % f !== 0 || height === 0 || width === 0)
      throw new ExpectedError(`encode: expected sides in multiples of ${f} pixels, got ${width}x${height}`);
    const size = 3 * height * width;
    if (batch < 1 || data.length !== batch * size)
      throw new ExpectedError(
        `encode: expected ${batch}x3x${height}x${width} values, at least one picture, got ${data.length}`,
      );
    const scales = grids.map((grid) => ({ grid, tokens: new Int32Array(batch * gridTokens(grid)) }));
    for (let b = 0; b < batch; b++) {
      const image = runtime.floats(data.subarray(b * size, (b + 1) * size), [1, 3, height, width]);
      const { latent } = await (await this.networks.encoder()).run({ image });
      const quantise = await this.networks.quantise();
      for (const { grid, tokens: all } of scales) {
        const resized = resizeFeeds(runtime, areaMatrix, [height / f, width / f], grid);
        const { tokens } = await quantise.run({ latent: latent!, ...resized });
        all.set(Array.from(tokens!.data as BigInt64Array, Number), b * gridTokens(grid));
      }
    }
    return scales;
  }

  /** Closes the model's sessions. Further calls fail in words. */
  async dispose(): Promise<void> {
    await this.networks.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Samples a batch of pictures, each with its run's seed: rows of several runs go side by side. */
export async function* sampleBatch(
  pipe: OpenModel,
  sampling: Drawing,
  batch: readonly { readonly info: PictureInfo; readonly seed: number }[],
  first: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<ScaleEvent> {
  const { grids, crop } = sampling.plan;
  const rows = batch.map(({ seed, info }) => pictureRow(seed, info));
  const pictures = batch.map(({ info }) => info);
  const total = grids.length;
  for await (const scale of sampleScales(pipe.networks, { ...sampling, rows, signal })) {
    const { index, grid, tokens } = scale;
    const isLast = index === total - 1;
    const shown = isLast ? crop : undefined;
    const length = gridTokens(grid);
    // A row is decoded once, whoever asks for its picture.
    const parts = pictures.map((_, row) =>
      once(() => pipe.decode({ grid, tokens: tokens.subarray(row * length, (row + 1) * length) })),
    );
    const decoded = once(async () => {
      const each: PlanarBatch[] = [];
      for (const part of parts) each.push(await part());
      const data = concatArrays(
        Float32Array,
        each.map((one) => one.data),
      );
      return { ...each[0]!, data, batch: each.length };
    });
    const image = async (): Promise<PlanarBatch> => {
      const whole = await decoded();
      return shown === undefined ? whole : cropBatch(whole, shown);
    };
    const picture = async (row: number): Promise<RgbImage> => planarToRgb(await parts[row]!(), 0, shown);
    yield { ...scale, total, isLast, pictures, first, decoded, image, picture };
  }
}

function cropBatch(
  { data, batch, height, width }: PlanarBatch,
  crop: { left: number; top: number; width: number; height: number },
): PlanarBatch {
  const out = new Float32Array(batch * 3 * crop.height * crop.width);
  for (let plane = 0; plane < batch * 3; plane++)
    for (let y = 0; y < crop.height; y++) {
      const from = (plane * height + crop.top + y) * width + crop.left;
      out.set(data.subarray(from, from + crop.width), (plane * crop.height + y) * crop.width);
    }
  return { data: out, batch, height: crop.height, width: crop.width };
}
