/** One pass over one window: what the model sees, what is sampled, and what is put back into the picture. */
import {
  byteScale,
  cutView,
  enlargePlanes,
  evenSeam,
  fillHole,
  paintInto,
  reduceView,
  stepsToKept,
  toPlanes,
  type View,
  type WindowPass,
} from "../editing/index.ts";
import { type RgbImage, sliceBatch } from "../image/index.ts";
import type { ResolvedEditing, ResolvedSampling } from "../options/index.ts";
import type { Grid } from "../sampling/index.ts";
import { type GivenScale, givenByView } from "./forced.ts";
import type { OpenModel, ScaleTokens } from "./model.ts";
import type { Pass, PassBatch, PassScale } from "./passes.ts";
import { transformerOf } from "./programs.ts";
import { checkScores, pickSampling, resolvePlan } from "./resolve.ts";
import { type PictureRow, sampleScales } from "./sample.ts";

/** What a pass over one window knows. */
interface WindowRequest extends PassBatch {
  readonly pass: WindowPass;
  /** Decided for the pass's work size. */
  readonly sampling: ResolvedSampling;
  readonly editing: ResolvedEditing;
}

/** Windows as passes, in order: tokens of what is kept are forced. @throws OptionError for bad options of any of them. */
export function windowPasses(
  pipe: OpenModel,
  options: object,
  editing: ResolvedEditing,
  windows: readonly WindowPass[],
): { passes: Pass[]; sampling: ResolvedSampling } {
  const resolved = windows.map(({ work }) =>
    resolvePlan(pipe.config, { ...pickSampling(options), size: [work.width, work.height] }),
  );
  for (const { plan } of resolved) checkScores(plan, transformerOf(pipe.config).heads);
  const passes = windows.map((window, number): Pass => {
    const sampling = resolved[number]!;
    const own = (row: PictureRow): PictureRow => ({ ...row, random: row.random.split(`window ${number}`) });
    const sample = (batch: PassBatch) => {
      const rows = number === 0 ? batch.rows : batch.rows.map(own);
      return paintWindow(pipe, { ...batch, rows, pass: window, sampling, editing });
    };
    return { window, total: sampling.plan.grids.length, sample };
  });
  return { passes, sampling: resolved[0]! };
}

async function* paintWindow(pipe: OpenModel, request: WindowRequest): AsyncGenerator<PassScale> {
  const { pictures, rows, sampling, signal } = request;
  const known = new Map<RgbImage, GivenScale[]>();
  for (const picture of pictures) if (!known.has(picture)) known.set(picture, await given(pipe, request, picture));
  const force = pictures.map((picture) => known.get(picture)!);
  for await (const { grid, tokens } of sampleScales(pipe.networks, { ...sampling, rows, signal, force }))
    yield { grid, tokens, paint: () => putBack(pipe, request, { grid, tokens }) };
}

/** Scales whose tokens all come from the picture: those that a draft has settled, or that strength leaves. */
export function guidedScales(grids: readonly Grid[], zoom: number | undefined, strength: number): number {
  const byStrength = Math.round((1 - strength) * grids.length);
  if (zoom === undefined) return byStrength;
  const finest = Math.sqrt(grids.at(-1)![0] * grids.at(-1)![1]);
  const byDraft = grids.filter(([h, w]) => Math.sqrt(h * w) * zoom <= finest + 1e-9).length;
  return Math.max(byStrength, byDraft, 1);
}

async function given(pipe: OpenModel, request: WindowRequest, picture: RgbImage): Promise<GivenScale[]> {
  const { pass, hole, editing, sampling } = request;
  const { grids } = sampling.plan;
  const guided = guidedScales(grids, pass.zoom, editing.strength ?? 1);
  const view = seen(request, picture, hole, guided > 0);
  return givenByView(pipe.networks, view, grids, {
    factor: pipe.factor,
    widen: editing.widen,
    keptShare: editing.keptShare,
    guided: guided > 0 ? guided : hintedScales(grids, { data: view.hole, ...pass.work }, editing.hint),
  });
}

/** Share of the scales that may be hinted: the finest are always drawn. */
const MOST_HINTED = 0.7;

/**
 * Scales whose tokens come from the filled picture: where cells are hardly smaller than the hole is wide, what surrounds it says more
 * about them than the class does. Those of grids with at most `hint` cells per width of the hole, twice the steps from its deepest pixel to
 * kept ones. None unless more than half of the view is kept; where less is, the filling says nothing.
 * @param hole [height, width], 1 = to paint.
 */
export function hintedScales(
  grids: readonly Grid[],
  { data, width, height }: { readonly data: Uint8Array; readonly width: number; readonly height: number },
  hint: number,
): number {
  let open = 0;
  for (const value of data) open += value;
  if (2 * open >= data.length) return 0;
  const holeWidth = 2 * stepsToKept(data, width, height).reduce((most, steps) => Math.max(most, steps), 0);
  const most = (hint * Math.sqrt(width * height)) / holeWidth;
  const thin = grids.filter(([h, w]) => Math.sqrt(h * w) <= most).length;
  return Math.min(thin, Math.floor(MOST_HINTED * grids.length));
}

/** The view at work size; its hole is filled from what is kept unless `readsHole`. */
function seen({ pass, editing }: WindowRequest, picture: RgbImage, hole: Uint8Array, readsHole: boolean): View {
  const cut = cutView(picture, hole, pass.rect);
  const { width, height } = pass.work;
  const view = reduceView(cut, width, height);
  if (!readsHole) return { picture: fillHole(view.picture, view.hole, editing.fill), hole: view.hole };
  const everything = { picture: cut.picture, hole: new Uint8Array(cut.hole.length) };
  return { picture: reduceView(everything, width, height).picture, hole: view.hole };
}

async function putBack(
  pipe: OpenModel,
  { pictures, hole, editing, pass: { rect, paste } }: WindowRequest,
  scale: ScaleTokens,
): Promise<readonly RgbImage[]> {
  const decoded = await pipe.decode(scale);
  return pictures.map((picture, row) => {
    const cut = cutView(picture, hole, rect);
    const planes = enlargePlanes(byteScale(sliceBatch(decoded, row)), decoded, rect);
    const before = toPlanes(cut.picture);
    evenSeam(planes, before, cut.hole, rect.width, rect.height, editing.seam ?? 2 * pipe.factor);
    const pasted = Uint8Array.from(cut.hole, (value, i) => {
      const [x, y] = [rect.left + (i % rect.width), rect.top + Math.floor(i / rect.width)];
      const inside = x >= paste.left && x < paste.left + paste.width && y >= paste.top && y < paste.top + paste.height;
      return inside ? value : 0;
    });
    return paintInto(picture, planes, pasted, rect);
  });
}
