import "./backend/no-eval.ts";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/create.css";
import "./styles/gallery.css";
import { App } from "./app.tsx";
import { chooseBackend } from "./backend/choose.ts";
import { begin, words } from "./state/actions.ts";
import { listenForKeys } from "./state/commands.ts";
import { followConnection } from "./state/connection.ts";
import { set } from "./state/store.ts";
import { followAddress } from "./ui/address.ts";
import { listenForPictures } from "./ui/drop.ts";
import { isolatePage } from "./ui/isolation.ts";
import { applyTheme, keptTheme } from "./ui/theme.ts";

applyTheme(keptTheme());
set({ theme: keptTheme() });
followAddress();
listenForKeys();
listenForPictures();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

if (!(await isolatePage())) {
  try {
    set({ backend: await chooseBackend(document.baseURI) });
    followConnection();
    await begin();
  } catch (error) {
    set({ broken: words(error) });
  }
}
