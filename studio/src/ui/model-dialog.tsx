import type { Device } from "../backend/types.ts";
import { openModel, releaseModel } from "../state/actions.ts";
import { trainedPx } from "../state/plan.ts";
import { set, useStudio } from "../state/store.ts";
import { Button, Facts, SegmentsField } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";
import { megabytes } from "./format.ts";

const DEVICES: readonly { readonly value: Device; readonly label: string; readonly hint: string }[] = [
  { value: "auto", label: "Automatic", hint: "WebGPU where this browser has it" },
  { value: "webgpu", label: "WebGPU", hint: "The graphics card" },
  { value: "wasm", label: "Wasm", hint: "The processor" },
];

export function ModelDialog({ onClose }: { onClose(): void }) {
  const info = useStudio((state) => state.info)!;
  const model = useStudio((state) => state.model);
  const device = useStudio((state) => state.device);
  const inBrowser = useStudio((state) => state.backend?.kind === "browser");
  const size = megabytes(info.downloadBytes);
  const unready = inBrowser ? "in this browser, once opened" : "on the server";
  return (
    <Dialog title="Model" onClose={onClose}>
      <Facts
        facts={[
          ["Name", info.name],
          ["Classes", info.labels.length],
          ["Trained at", `${trainedPx(info)} px, ${info.trainedSide}×${info.trainedSide} tokens`],
          ["Computes", model.status === "ready" ? model.computes : unready],
          ...(info.downloadBytes > 0
            ? [["On this device", info.downloaded ? `${size}, works offline` : `not yet (${size})`] as const]
            : []),
        ]}
      />
      {model.status === "failed" && (
        <p className="note bad" role="alert">
          {model.message}
        </p>
      )}
      {inBrowser && (
        <SegmentsField
          legend="Compute on"
          name="device"
          choices={DEVICES}
          chosen={device}
          onChoose={(value) => {
            set({ device: value });
            if (model.status === "ready" || model.status === "failed") void openModel();
          }}
        />
      )}
      <div className="row end">
        {model.status === "ready" && inBrowser && <Button onClick={releaseModel}>Free its memory</Button>}
        {(model.status === "idle" || model.status === "failed") && (
          <Button kind="primary" onClick={() => void openModel()}>
            {info.downloaded ? "Open" : `Download, ${size}`}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
