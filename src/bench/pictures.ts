/** Drawing in this process: seconds, and the share of them that is not ONNX Runtime's. */
import type { ResolvedSampling } from "../options/index.ts";
import { type FlexVARPipeline, type Networks, pngOf, release, runSteps, sampleScales } from "../pipelines/index.ts";
import type { Runtime } from "../runtime/index.ts";
import { type Grid, imageStream } from "../sampling/index.ts";
import { leastOfRounds, type Rounds } from "./rounds.ts";

/** Samples and decodes one picture: seconds of both parts, and the share of time outside ONNX Runtime. */
export async function oneImage(networks: Networks, sampling: ResolvedSampling, seed: number) {
  const { runtime } = networks;
  let decoder = 0;
  const { seconds: image, hostShare } = await timed(runtime, async () => {
    let last: { grid: Grid; tokens: Int32Array } | undefined;
    const rows = [{ classId: 0, random: imageStream(seed, 0, 0) }];
    for await (const scale of sampleScales(networks, { ...sampling, rows })) last = scale;
    const sampled = performance.now();
    const [h, w] = last!.grid;
    release((await (await networks.decoder()).run({ tokens: runtime.ints(last!.tokens, [1, h, w]) })).image);
    decoder = (performance.now() - sampled) / 1000;
  });
  return { transformer: image - decoder, decoder, image, hostShare };
}

/** Seconds of some work, and the share of them outside ONNX Runtime's `run`. */
async function timed(runtime: Runtime, work: () => Promise<void>): Promise<{ seconds: number; hostShare: number }> {
  const before = runtime.runMilliseconds();
  const begin = performance.now();
  await work();
  const all = performance.now() - begin;
  return { seconds: all / 1000, hostShare: 1 - (runtime.runMilliseconds() - before) / all };
}

/** A small model's pictures, where our own code weighs most. */
export interface SmallPicturesReport {
  readonly pictures: number;
  /** As PNG files in memory; the best of the rounds, as is the share. */
  readonly seconds: number;
  /** Share of the time outside ONNX Runtime's `run`. */
  readonly hostShare: number;
  readonly othersShare: number;
}

const CLASSES = 4;
const PICTURES = 64;

/** Draws 64 pictures of four classes with a model's own settings and encodes them as PNG, as `flexvar generate` does. */
export async function measureSmallPictures(pipe: FlexVARPipeline, rounds: Rounds): Promise<SmallPicturesReport> {
  const classLabels = Array.from({ length: CLASSES }, (_, id) => id);
  const draw = async (count: number, seed: number): Promise<void> => {
    const run = { task: "generate", options: { classLabels, count, seed }, model: "" } as const;
    for await (const { isLast, pictures } of runSteps(pipe, run, { shown: 0, signal: rounds.signal }))
      if (isLast) for (const picture of pictures) pngOf(picture);
  };
  rounds.onProgress(`drawing ${PICTURES} small pictures`);
  await draw(2, 0);
  const { own, othersShare } = await leastOfRounds(
    rounds,
    1,
    (round) => `${PICTURES} small pictures, round ${round} of ${rounds.runs}`,
    (round) => timed(pipe.runtime, () => draw(PICTURES / CLASSES, round)),
    undefined,
  );
  return { pictures: PICTURES, ...own, othersShare };
}
