import type { ModelInfo, OpenProgress } from "../backend/types.ts";
import { megabytes } from "../ui/format.ts";
import { Mark } from "../ui/icons.tsx";

/** Shown while the model comes: how far, and that it is only once. */
export function OpeningCard({ info, progress }: { info: ModelInfo; progress: OpenProgress | undefined }) {
  const downloading = !info.downloaded && progress?.stage === "download";
  const part = progress && progress.total > 0 ? progress.loaded / progress.total : 0;
  return (
    <div className="welcome">
      <Mark size={48} />
      <h2>{downloading ? "The model is on its way" : "The model is starting"}</h2>
      <p>
        {downloading
          ? `It comes once, is checked, and stays on this device: afterwards the studio works without a network.`
          : "The weights are here; the first drawing begins in a moment."}
      </p>
      <div
        className="meter"
        role="progressbar"
        aria-label="Opening the model"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * part)}
      >
        <span style={{ width: `${100 * part}%` }} />
      </div>
      {progress && downloading && (
        <p className="hint">
          {megabytes(progress.loaded)} of {megabytes(progress.total)}
        </p>
      )}
    </div>
  );
}
