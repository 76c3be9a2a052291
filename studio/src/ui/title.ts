/** The page's title tells what goes on, for those who look at another tab meanwhile. */
import { type StudioState, shownLabel, useStudio, VIEWS } from "../state/store.ts";

const NAME = "FlexVAR studio";

/** @returns what goes on, the longest lasting last. */
export function titleOf({ run, painting, view, broken, model }: StudioState): string {
  const place = VIEWS.find((one) => one.view === view)!.label;
  const state =
    broken !== undefined
      ? "Problem"
      : run?.status === "drawing"
        ? model.status === "opening"
          ? "Opening the model"
          : `Drawing ${shownLabel(run.label)}, ${percent(run)} %`
        : painting !== undefined
          ? `Painting, ${Math.round(100 * painting)} %`
          : view === "create" && run !== undefined
            ? { done: shownLabel(run.label), stopped: "Stopped", failed: "Problem" }[run.status]
            : undefined;
  return [state, place, NAME].filter((part) => part !== undefined).join(" – ");
}

function percent({ frames, grids }: NonNullable<StudioState["run"]>): number {
  const drawn = frames.reduce((sum, own) => sum + own.length, 0);
  return Math.round((100 * drawn) / Math.max(1, frames.length * grids.length));
}

export function followTitle(): void {
  const tell = (state: StudioState): void => {
    const title = titleOf(state);
    if (document.title !== title) document.title = title;
  };
  tell(useStudio.getState());
  useStudio.subscribe(tell);
}
