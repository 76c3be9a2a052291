import { commands } from "../state/commands.ts";
import { Facts } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";

export function KeysDialog({ onClose }: { onClose(): void }) {
  const rows = [
    ...commands,
    { label: "Move the picture, in the editor", keys: ["Space", "drag"] },
    { label: "Look at the scales of a picture", keys: ["←", "→"] },
  ];
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <Facts
        className="keys"
        facts={rows.map(({ label, keys }) => [label, keys.map((key) => <kbd key={key}>{key}</kbd>)] as const)}
      />
    </Dialog>
  );
}
