import { say, useStudio } from "../state/store.ts";
import { Button } from "./controls.tsx";
import { Dialog } from "./dialog.tsx";

/** A link to a picture's settings, to be copied by hand where the browser gives no clipboard. */
export function LinkDialog({ onClose }: { onClose(): void }) {
  const link = useStudio((state) => state.shared)!;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(link);
    onClose();
    say("The link is on the clipboard.");
  };
  return (
    <Dialog title="Link to these settings" onClose={onClose}>
      <p>
        Whoever opens it has class, shape, seed and all other settings in the form, and draws the same picture with the
        same model. The picture itself is not in it.
      </p>
      <input
        className="input"
        readOnly
        aria-label="Link"
        value={link}
        onFocus={(event) => event.currentTarget.select()}
      />
      {isSecureContext && (
        <div className="row end">
          <Button
            icon="copy"
            kind="primary"
            onClick={() => void copy().catch(() => say("This browser does not let the studio use the clipboard."))}
          >
            Copy the link
          </Button>
        </div>
      )}
    </Dialog>
  );
}
