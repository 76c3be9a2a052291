import type { ReactNode } from "react";
import { Button } from "./controls.tsx";
import { Mark } from "./icons.tsx";

interface Props {
  readonly title: string;
  readonly text: string;
  /** What the button says. */
  readonly action?: string;
  perform(): void;
  /** Other ways on. */
  readonly children?: ReactNode;
}

/** What went wrong, in words, and the way on. */
export function Problem({ title, text, action = "Try again", perform, children }: Props) {
  return (
    <div className="problem" role="alert">
      <Mark size={40} />
      <h2>{title}</h2>
      <p>{text}</p>
      <Button kind="primary" onClick={perform}>
        {action}
      </Button>
      {children}
    </div>
  );
}
