import { textColumns } from "../report/index.ts";
import type { IntegersReport } from "./integers.ts";
import type { BenchReport } from "./run.ts";

/** The report as a table for people. */
export function benchTable(r: BenchReport): string {
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const rate = (x: number): string => `${x.toFixed(0)} GFLOP/s`;
  const seconds = (x: number): string => `${x.toFixed(2)} s`;
  const rows: [string, string, string][] = [
    ["fp32 MatMul 1360x1536x6144", rate(r.matmulRate), ""],
    ["fp32 Conv 128-128 3x3 at 256x256", rate(r.convRate), ""],
    [
      `d${r.depth} transformer, ${r.grids.length} steps, guided (${r.transformer.tflop.toFixed(3)} TFLOP)`,
      `${seconds(r.transformer.seconds)}, ${rate(r.transformer.rate)}`,
      `${percent(r.transformer.ofMatmul)} of MatMul`,
    ],
    [
      `decoder, ${r.size} px (${r.decoder.tflop.toFixed(3)} TFLOP)`,
      `${seconds(r.decoder.seconds)}, ${rate(r.decoder.rate)}`,
      `${r.decoder.ofConv.toFixed(2)} x Conv`,
    ],
    ["whole image", seconds(r.imageSeconds), ""],
    ["outside ONNX Runtime", percent(r.hostShare), "of an image"],
    [
      "guidance off from grids of 13 on",
      `transformer ${r.unguidedEnd.ofTransformer.toFixed(2)} x`,
      `image ${r.unguidedEnd.ofImage.toFixed(2)} x its time with guidance`,
    ],
    [`opening the model${r.prepack ? ", re-packed" : ""}`, seconds(r.openSeconds), ""],
    ["peak memory", `${r.peakRssMB.toFixed(0)} MB`, `weights ${r.weightsMB.toFixed(0)} MB`],
  ];
  if (r.smallPictures !== null)
    rows.push([
      `host share, ${r.smallPictures.pictures} emoji pictures`,
      percent(r.smallPictures.hostShare),
      `of ${seconds(r.smallPictures.seconds)}`,
    ]);
  if (r.int8 !== null) rows.push(...integerRows(r.depth, r.int8));
  if (r.peer !== null)
    rows.push([
      `PyTorch ${String(r.peer.libraries.torch ?? "")}`,
      `${seconds(r.peer.transformerSeconds)} + ${seconds(r.peer.decoderSeconds)}`,
      `we are ${r.peer.speedup.toFixed(2)} x as fast`,
    ]);
  for (const name of ["transformer", "tokenizer"] as const) {
    const step = r.training[name];
    rows.push([
      `training step, ${name} (${step.tflop.toFixed(3)} TFLOP)`,
      `${seconds(step.seconds)}, ${rate(step.rate)}`,
      `${percent(step.ofMatmul)} of MatMul`,
    ]);
    if (step.peerSeconds !== null && step.speedup !== null)
      rows.push([`PyTorch's, ${name}`, seconds(step.peerSeconds), `we are ${step.speedup.toFixed(2)} x as fast`]);
  }
  const { frechet } = r;
  rows.push([`Fréchet distance, 2 x ${frechet.rows} rows of ${frechet.width}`, seconds(frechet.seconds), ""]);
  if (frechet.peerSeconds !== null && frechet.ofPeer !== null)
    rows.push(["numpy's and scipy's", seconds(frechet.peerSeconds), `we take ${frechet.ofPeer.toFixed(2)} x as long`]);
  rows.push(["other processes", percent(r.othersShare), r.verdict]);
  const head = `${r.machine.cpu}, ${r.machine.cores} cores, Node ${r.machine.node}, ${r.machine.runtime}`;
  return `${[head, textColumns(rows), ...peerLines(r)].join("\n")}\n`;
}

/** Products in integers over those in float32. */
function integerRows(depth: number, r: IntegersReport): [string, string, string][] {
  const of = (x: number): string => `${x.toFixed(2)} x fp32's time`;
  return [
    ["int8 products of a block", "", of(r.ofProducts)],
    [`int8 d${depth} transformer`, `${r.transformerSeconds.toFixed(2)} s`, of(r.ofTransformer)],
    ["int8 whole image", `${r.imageSeconds.toFixed(2)} s`, of(r.ofImage)],
    ["opening the int8 model", `${r.openSeconds.toFixed(2)} s`, `weights ${r.weightsMB.toFixed(0)} MB`],
  ];
}

/** The libraries that the peer computed with. */
function peerLines({ peer }: BenchReport): string[] {
  if (peer === null) return [];
  const { torch, threads, libraries, openblas, capability, unset } = peer.libraries;
  const kernels = Array.isArray(openblas)
    ? openblas.map((one: { core?: unknown; config?: unknown }) => `kernels ${String(one.core)} (${String(one.config)})`)
    : [];
  const names = Array.isArray(libraries) ? libraries.map(String) : [];
  const forced = Object.entries(unset ?? {}).map(([name, value]) => `${name}=${String(value)} unset`);
  const parts = [...names, ...new Set(kernels), `PyTorch's own kernels ${String(capability)}`, ...forced];
  return [`PyTorch ${String(torch)}, ${String(threads)} threads: ${parts.join(", ")}`];
}
