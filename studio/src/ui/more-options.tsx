import { type ReactNode, Suspense, useState } from "react";

/** Options that few need; what shows them is loaded when they are opened. @param set how many have a value. */
export function MoreOptions({ set, children }: { set: number; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>More options{set > 0 && ` (${set} set)`}</summary>
      {isOpen && <Suspense fallback={<p className="hint">Loading…</p>}>{children}</Suspense>}
    </details>
  );
}
