import { set, type Theme, useStudio, VIEWS } from "../state/store.ts";
import { Button } from "./controls.tsx";
import { Icon, type IconName, Mark } from "./icons.tsx";
import { applyTheme } from "./theme.ts";

const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const THEME_ICON: Readonly<Record<Theme, IconName>> = { system: "auto", light: "sun", dark: "moon" };

export function Header() {
  const view = useStudio((state) => state.view);
  const theme = useStudio((state) => state.theme);
  const kept = useStudio((state) => state.pictures.length);
  return (
    <header className="header">
      <h1 className="brand">
        <Mark />
        <span>
          FlexVAR <span className="brand-soft">studio</span>
        </span>
      </h1>
      <nav className="tabs" aria-label="Views">
        {VIEWS.map((tab) => (
          <a
            key={tab.view}
            href={`#/${tab.view}`}
            className="tab"
            aria-current={view === tab.view ? "page" : undefined}
          >
            <Icon name={tab.icon} />
            <span>{tab.label}</span>
            {tab.view === "gallery" && kept > 0 && (
              <span className="badge">
                {kept}
                <span className="hidden"> pictures</span>
              </span>
            )}
          </a>
        ))}
      </nav>
      <div className="header-tools">
        <ModelChip />
        <Button
          icon="keys"
          kind="quiet square keys-button"
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts"
          onClick={() => set({ dialog: "keys" })}
        />
        <Button
          icon={THEME_ICON[theme]}
          kind="quiet square"
          aria-label={`Theme: ${theme}; change to ${NEXT[theme]}`}
          title={`Theme: ${theme}`}
          onClick={() => {
            applyTheme(NEXT[theme]);
            set({ theme: NEXT[theme] });
          }}
        />
      </div>
    </header>
  );
}

const CHIP_TEXT = { idle: "Not loaded", ready: "Ready", failed: "Problem" } as const;

function ModelChip() {
  const model = useStudio((state) => state.model);
  const info = useStudio((state) => state.info);
  const away = useStudio((state) => state.link?.status === "down");
  if (info === undefined) return null;
  const progress = model.status === "opening" ? model.progress : undefined;
  const text = away
    ? "No answer"
    : model.status === "opening"
      ? progress?.stage === "download" && progress.total > 0
        ? `${Math.floor((100 * progress.loaded) / progress.total)} %`
        : "Starting"
      : CHIP_TEXT[model.status];
  return (
    <button
      type="button"
      className="chip"
      data-status={away ? "failed" : model.status}
      onClick={() => set({ dialog: "model" })}
    >
      <span className="chip-dot" aria-hidden="true" />
      <span className="hidden">Model </span>
      <span className="chip-name">{info.name} </span>
      <span className="chip-text">{text}</span>
    </button>
  );
}
