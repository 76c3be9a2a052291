/** What people see while a command runs: everything on stderr, nothing with `--quiet`. */
import { oneLine } from "../files/index.ts";

/** Where texts go. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** True where stderr is a terminal that can redraw a line. */
  readonly redraws: boolean;
  readonly columns: number;
}

export interface Reporter {
  /** One line. */
  log(message: string): void;
  /**
   * A bar on a terminal, a line now and then elsewhere. `done` of `total` in any unit. The time left follows the pace since the
   * command began, unless `leftMs` tells it.
   */
  progress(done: number, total: number, note: string, leftMs?: number): void;
  /** True where `progress` draws a bar. */
  readonly draws: boolean;
  /** Takes the bar away. */
  finish(): void;
}

/** Without a terminal: a line at most this often. */
const LINE_EVERY_MS = 2000;
const CLEAR_LINE = "\r\u001b[K";
const BAR_WIDTH = 24;

export const silent: Reporter = { log() {}, progress() {}, finish() {}, draws: false };

/** @param now milliseconds, for times left and the pace of lines. */
export function createReporter(terminal: Terminal, now: () => number = () => performance.now()): Reporter {
  const begin = now();
  let shown = "";
  let lastLine = begin;
  const clear = (): void => {
    if (shown !== "") terminal.err(CLEAR_LINE);
    shown = "";
  };
  return {
    draws: terminal.redraws,
    log(message) {
      const bar = shown;
      clear();
      terminal.err(`${oneLine(message)}\n`);
      if (bar !== "") terminal.err(bar);
      shown = bar;
    },
    progress(done, total, note, leftMs) {
      if (terminal.redraws) {
        const share = done / total;
        const left = leftMs ?? (share > 0 ? ((now() - begin) / share) * (1 - share) : 0);
        const bar = barText(share, oneLine(note), left).slice(0, Math.max(terminal.columns - 1, 20));
        terminal.err(`${CLEAR_LINE}${bar}`);
        shown = bar;
      } else if (done >= total || now() - lastLine >= LINE_EVERY_MS) {
        lastLine = now();
        terminal.err(`${percent(done / total)} ${oneLine(note)}\n`);
      }
    },
    finish: clear,
  };
}

const percent = (share: number): string => `${Math.floor(share * 100)}%`.padStart(4);

function barText(share: number, note: string, leftMs: number): string {
  const full = Math.round(Math.min(share, 1) * BAR_WIDTH);
  const left = share > 0 && share < 1 ? `, ${seconds(leftMs)} left` : "";
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}${percent(share)} ${note}${left}`;
}

/** Milliseconds for people: `0.8 s`, `42 s`, `3 min 5 s`. */
export function seconds(ms: number): string {
  const s = ms / 1000;
  if (s < 9.95) return `${s.toFixed(1)} s`;
  const whole = Math.round(s);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
