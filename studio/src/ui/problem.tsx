import type { ReactNode } from "react";
import { Mark } from "./icons.tsx";

interface Props {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  perform(): void;
  /** Other ways on. */
  readonly children?: ReactNode;
}

/** What went wrong, in words, and the way on. */
export function Problem({ title, text, action, perform, children }: Props) {
  return (
    <div className="problem" role="alert">
      <Mark size={40} />
      <h2>{title}</h2>
      <p>{text}</p>
      <button type="button" className="button primary" onClick={perform}>
        {action}
      </button>
      {children}
    </div>
  );
}
