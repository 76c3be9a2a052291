import "flexvar/no-eval";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/layout.css";
import "./styles/create.css";
import "./styles/gallery.css";
import "./styles/forced-colors.css";
import { App } from "./app.tsx";
import { chooseBackend } from "./backend/choose.ts";
import { begin, words } from "./state/actions.ts";
import { listenForKeys } from "./state/commands.ts";
import { followConnection } from "./state/connection.ts";
import { followGallery } from "./state/gallery.ts";
import { settle } from "./state/place.ts";
import { followSession } from "./state/session.ts";
import { takeLink } from "./state/share.ts";
import { get, set } from "./state/store.ts";
import { followAddress } from "./ui/address.ts";
import { listenForPictures } from "./ui/drop.ts";
import { keepFocus } from "./ui/focus.ts";
import { isolatePage } from "./ui/isolation.ts";
import { followVersions } from "./ui/new-version.ts";
import { applyTheme, keptTheme } from "./ui/theme.ts";
import { followTitle } from "./ui/title.ts";

settle({
  root: document,
  keeps: true,
  startPhotoWorker: () =>
    new Worker(new URL("./photo/worker.ts", import.meta.url), { type: "module", name: "flexvar photo" }),
});
applyTheme(keptTheme());
set({ theme: keptTheme() });
followAddress();
followGallery();
void followSession();
listenForKeys();
listenForPictures();
keepFocus();
followTitle();
followVersions();
const choosing = chooseBackend(document.baseURI);
// Where it fails is told below.
choosing.catch(() => undefined);
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

if (!(await isolatePage(() => get().documentId === undefined))) {
  try {
    set({ backend: await choosing });
    followConnection();
    await begin();
    await takeLink();
  } catch (error) {
    set({ broken: words(error) });
  }
}
