import { commands } from "../state/commands.ts";
import { Dialog } from "./dialog.tsx";

export function KeysDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys">
        {commands.map(({ label, keys }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dd>
          </div>
        ))}
        <div>
          <dt>Look at the scales of a picture</dt>
          <dd>
            <kbd>←</kbd>
            <kbd>→</kbd>
          </dd>
        </div>
      </dl>
    </Dialog>
  );
}
