/** Products in integers beside float32: the same pictures in the same rounds. */
import { join } from "node:path";
import type { ResolvedSampling } from "../options/index.ts";
import { type Networks, transformerOf } from "../pipelines/index.ts";
import { quantizeFolder } from "../quantize/index.ts";
import { gridTokens } from "../sampling/index.ts";
import { openNetworks } from "./open-networks.ts";
import { oneImage } from "./pictures.ts";
import { blockProbe } from "./rates.ts";
import { leastOfRounds, type Rounds } from "./rounds.ts";

export interface IntegersReport {
  readonly openSeconds: number;
  readonly weightsMB: number;
  readonly transformerSeconds: number;
  readonly imageSeconds: number;
  /** Times over float32's in the same rounds. */
  readonly ofTransformer: number;
  readonly ofImage: number;
  /** The same of a block's products alone, over the tokens of the last scale, rounding of their rows included. */
  readonly ofProducts: number;
  readonly othersShare: number;
}

/** Quantises the folder's model beside it, and draws with both in turn. */
export async function measureIntegers(
  rounds: Rounds & { readonly prepack?: boolean | undefined },
  floats: Networks,
  folder: string,
  sampling: ResolvedSampling,
): Promise<IntegersReport> {
  const { runtime } = floats;
  const { runs, onProgress, signal, prepack = false } = rounds;
  const out = join(folder, "int8");
  await quantizeFolder(runtime, folder, { out, pictures: 1, smoothing: 0, force: true, onProgress, signal });
  const { networks, weightsMB, openSeconds } = await openNetworks(out, runtime, prepack);
  const C = transformerOf(floats.configs).width;
  const rows = 2 * gridTokens(sampling.plan.grids.at(-1)!);
  const [inFloats, inIntegers] = [
    await blockProbe(runtime, C, rows, false, prepack),
    await blockProbe(runtime, C, rows, true, prepack),
  ];
  try {
    const { own, othersShare } = await leastOfRounds(
      rounds,
      0,
      (round) => (round === 0 ? "warming up integers" : `integers, round ${round} of ${runs}`),
      async (round) => {
        const [ours, theirs] = [
          await oneImage(floats, sampling, 200 + round),
          await oneImage(networks, sampling, 200 + round),
        ];
        return {
          floats: ours.transformer,
          floatsImage: ours.image,
          integers: theirs.transformer,
          integersImage: theirs.image,
          floatProducts: await inFloats.run(),
          integerProducts: await inIntegers.run(),
        };
      },
      undefined,
    );
    return {
      openSeconds,
      weightsMB,
      transformerSeconds: own.integers,
      imageSeconds: own.integersImage,
      ofTransformer: own.integers / own.floats,
      ofImage: own.integersImage / own.floatsImage,
      ofProducts: own.integerProducts / own.floatProducts,
      othersShare,
    };
  } finally {
    await Promise.all([networks, inFloats, inIntegers].map((one) => one.dispose()));
  }
}
