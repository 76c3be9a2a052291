// npm run docs: the documentation site in docs-site/: the README, the guide pages, the API reference from doc comments.
import { join } from "node:path";
import { ensureInstall } from "./ensure-install.mjs";
import { root } from "./lib/paths.mjs";
import { runScript } from "./lib/prepare.mjs";

await runScript(async () => {
  await ensureInstall();
  const { buildDocs } = await import("./lib/docs.mjs");
  await buildDocs(join(root, "docs-site"));
});
