import { draw } from "../state/actions.ts";
import { endedAt } from "../state/plan.ts";
import { type Run, shownLabel, useStudio } from "../state/store.ts";
import { Button } from "../ui/controls.tsx";
import { gridName } from "../ui/format.ts";

interface Props {
  readonly run: Run;
  /** Number of the picture looked at, and of its scale, which is not the last. */
  readonly picked: number;
  readonly scale: number;
}

/** What can be done from a scale on the film strip: to end there, or to go on from it another way. */
export function ScaleActions({ run, picked, scale }: Props) {
  const info = useStudio((state) => state.info);
  const frame = run.frames[picked]?.[scale];
  const grid = run.grids[scale];
  if (info === undefined || frame === undefined || grid === undefined) return null;
  const { request, grids, label } = run;
  const [h, w] = grid;
  const endHere = (): void => {
    const one = { ...request, count: 1, firstIndex: request.firstIndex + picked };
    void draw(endedAt(info, one, grids, scale));
  };
  const branch = async (): Promise<void> => {
    const { branchFrom } = await import("../editor/edits.ts");
    await branchFrom(frame, {
      name: `${shownLabel(label)}, scale ${gridName(grid)}`,
      classId: request.classId,
      size: [request.width, request.height],
    });
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of buttons, not of form fields.
    <div className="actions" role="group" aria-label={`From scale ${gridName(grid)}`}>
      <Button icon="stop" onClick={endHere} title={`A picture of its own, ${w * info.factor}×${h * info.factor} px`}>
        Until here
      </Button>
      <Button icon="vary" onClick={() => void branch()} title="These scales, and the finer ones drawn anew">
        Branch from here
      </Button>
    </div>
  );
}
