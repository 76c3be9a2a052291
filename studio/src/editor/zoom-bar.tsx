import { Button } from "../ui/controls.tsx";
import { ZOOM_STEP } from "./view.ts";
import { fit, oneToOne, shownView, useViewport, zoomBy } from "./viewport.ts";

/** How large the picture is shown, and buttons that change that. */
export function ZoomBar() {
  const { scale } = shownView(useViewport());
  const shrink = useViewport((state) => state.shrink);
  const isFit = useViewport((state) => state.view === undefined);
  const percent = 100 * scale * shrink * devicePixelRatio;
  return (
    <div className="zoom-bar" role="toolbar" aria-label="Zoom">
      <Button kind="quiet" aria-label="Zoom out" title="Zoom out (−)" onClick={() => zoomBy(1 / ZOOM_STEP)}>
        −
      </Button>
      <output className="zoom-value" aria-label="Zoom, of the picture's own size">
        {percent < 10 ? percent.toFixed(1) : Math.round(percent)} %
      </output>
      <Button kind="quiet" aria-label="Zoom in" title="Zoom in (+)" onClick={() => zoomBy(ZOOM_STEP)}>
        +
      </Button>
      <Button kind="quiet" aria-pressed={isFit} title="The whole picture (0)" onClick={fit}>
        Fit
      </Button>
      <Button kind="quiet" title="One pixel of the picture as one of the screen (1)" onClick={oneToOne}>
        1:1
      </Button>
    </div>
  );
}
