import { set, useStudio } from "../state/store.ts";
import { Button } from "./controls.tsx";

/** What is said in passing. */
export function ToastLine() {
  const toast = useStudio((state) => state.toast);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toast && (
        <div className="toast">
          <span className="toast-text">{toast.text}</span>
          {toast.actions.map(({ label, perform }) => (
            <Button
              key={label}
              kind="quiet"
              onClick={() => {
                set({ toast: undefined });
                perform();
              }}
            >
              {label}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
