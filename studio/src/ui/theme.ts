import { keepText, keptText } from "../state/page-storage.ts";
import type { Theme } from "../state/store.ts";

const KEY = "flexvar-theme";

export function keptTheme(): Theme {
  const kept = keptText("browser", KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Shows a theme and remembers it. */
export function applyTheme(theme: Theme): void {
  const chosen = theme === "system" ? undefined : theme;
  if (chosen === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  keepText("browser", KEY, chosen);
}
