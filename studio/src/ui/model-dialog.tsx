import type { Device } from "../backend/types.ts";
import { openModel, releaseModel } from "../state/actions.ts";
import { trainedPx } from "../state/plan.ts";
import { set, useStudio } from "../state/store.ts";
import { Dialog } from "./dialog.tsx";
import { megabytes } from "./format.ts";

const DEVICES: readonly { readonly device: Device; readonly label: string; readonly hint: string }[] = [
  { device: "auto", label: "Automatic", hint: "WebGPU where this browser has it" },
  { device: "webgpu", label: "WebGPU", hint: "The graphics card" },
  { device: "wasm", label: "Wasm", hint: "The processor" },
];

export function ModelDialog({ onClose }: { onClose(): void }) {
  const info = useStudio((state) => state.info)!;
  const model = useStudio((state) => state.model);
  const device = useStudio((state) => state.device);
  const kind = useStudio((state) => state.backend?.kind);
  return (
    <Dialog title="Model" onClose={onClose}>
      <dl className="facts">
        <div>
          <dt>Name</dt>
          <dd>{info.name}</dd>
        </div>
        <div>
          <dt>Classes</dt>
          <dd>{info.labels.length}</dd>
        </div>
        <div>
          <dt>Trained at</dt>
          <dd>
            {trainedPx(info)} px, {info.trainedSide}×{info.trainedSide} tokens
          </dd>
        </div>
        <div>
          <dt>Computes</dt>
          <dd>
            {model.status === "ready"
              ? model.computes
              : kind === "server"
                ? "on the server"
                : "in this browser, once opened"}
          </dd>
        </div>
        {info.downloadBytes > 0 && (
          <div>
            <dt>On this device</dt>
            <dd>
              {info.downloaded
                ? `${megabytes(info.downloadBytes)}, works offline`
                : `not yet (${megabytes(info.downloadBytes)})`}
            </dd>
          </div>
        )}
      </dl>
      {model.status === "failed" && (
        <p className="note bad" role="alert">
          {model.message}
        </p>
      )}
      {kind === "browser" && (
        <fieldset className="field">
          <legend>Compute on</legend>
          <div className="segments" data-fill="">
            {DEVICES.map((one) => (
              <label key={one.device} className="segment" title={one.hint}>
                <input
                  type="radio"
                  name="device"
                  checked={device === one.device}
                  onChange={() => {
                    set({ device: one.device });
                    if (model.status === "ready" || model.status === "failed") void openModel();
                  }}
                />
                <span>{one.label}</span>
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <div className="row end">
        {model.status === "ready" && kind === "browser" && (
          <button type="button" className="button" onClick={releaseModel}>
            Free its memory
          </button>
        )}
        {(model.status === "idle" || model.status === "failed") && (
          <button type="button" className="button primary" onClick={() => void openModel()}>
            {info.downloaded ? "Open" : `Download, ${megabytes(info.downloadBytes)}`}
          </button>
        )}
      </div>
    </Dialog>
  );
}
