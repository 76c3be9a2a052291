import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "./controls.tsx";

interface Props {
  readonly title: string;
  readonly className?: string;
  onClose(): void;
  readonly children: ReactNode;
}

/** A modal dialog: the platform's own, which keeps the focus inside and gives it back. A click beside it closes it. */
export function Dialog({ title, className = "", onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the platform's dialog closes with Escape.
    <dialog
      ref={dialog}
      className={`dialog ${className}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2>{title}</h2>
          <Button icon="close" kind="quiet square" aria-label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
