// Builds the documentation site with TypeDoc: pages from Markdown, the API reference from the doc comments of both entries.
import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { Application, Converter } from "typedoc";
import { root } from "./paths.mjs";

/** Short titles of the pages, in the order of the navigation. Other pages of docs/ follow under their own headings. */
const TITLES = {
  "docs/start.md": "Start",
  "docs/generate.md": "Generate",
  "docs/models.md": "Models",
  "docs/devices.md": "Devices",
  "docs/int8.md": "Products in integers",
  "docs/edit.md": "Edit",
  "docs/training.md": "Train",
  "docs/evaluation.md": "Evaluate",
  "docs/studio.md": "Studio",
  "docs/static.md": "Static hosts",
  "docs/element.md": "The editor as an element",
  "docs/serve.md": "HTTP",
  "docs/cluster.md": "Many machines",
  "docs/cluster-training.md": "Training on many machines",
  "docs/claims.md": "Claims",
  "docs/claims/emoji.md": "Claims: emoji",
  "docs/claims/fashion.md": "Claims: fashion",
  "docs/paper-coverage.md": "Paper coverage",
  "ARCHITECTURE.md": "Architecture",
  "docs/benchmarks.md": "Benchmarks",
  "docs/editing.md": "Editing rules",
  "docs/testing.md": "Testing",
  "models/emoji/README.md": "Emoji model",
  "models/fashion/README.md": "Fashion model",
  "recipes/README.md": "Recipes",
  "deploy/README.md": "Deploying",
  "recipes/emoji/LICENCES.md": "Emoji licences",
  "examples/page/README.md": "A page of your own",
  "CONTRIBUTING.md": "Contributing",
  "CHANGELOG.md": "Changes",
  "NOTICE.md": "Notice",
};

/** Parts of exported types that users get and hand on, but need not know. */
const INTERNAL = [
  ...["samplingSchema", "Networks", "Program", "Session", "OpenOptions", "Provider"],
  ...["DRAWN", "EDIT_TASKS", "DEFAULT_LIMITS", "STEP_TABLES"],
  ...["SiteFiles", "ShownScales", "ProductShape", "Fetch", "MASK_MODES", "OUTPUT_FORMATS"],
  ...["NpyDType", "ElementsOf", "Crop", "PixelSize", "Options", "Decided", "ConfigOption", "Value"],
  ...["FileErrorOptions", "JobEngine", "EngineContext", "Computed", "PixelScale", "PixelBatch"],
];

/** Builds the site into `out`. @throws Error where a comment or page has a broken link, or anything else is amiss. */
export async function buildDocs(out) {
  const pages = await findPages();
  await rm(out, { recursive: true, force: true });
  const app = await Application.bootstrap({
    name: "flexvar",
    entryPoints: [join(root, "src", "index.ts"), join(root, "src", "web.ts")],
    tsconfig: join(root, "tsconfig.json"),
    readme: join(root, "README.md"),
    projectDocuments: [...pages.keys()],
    customCss: join(root, "scripts", "lib", "docs.css"),
    headings: { readme: false, document: false },
    navigation: { includeGroups: false, includeFolders: false },
    highlightLanguages: ["bash", "html", "javascript", "json", "python", "typescript", "yaml"],
    sortEntryPoints: false,
    includeHierarchySummary: false,
    disableSources: true,
    githubPages: false,
    skipErrorChecking: true,
    intentionallyNotExported: INTERNAL,
    validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
  });
  let number = 0;
  const titles = [...pages.values()];
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, page) => {
    page.name = titles[number++];
  });
  const project = await app.convert();
  app.validate(project);
  await app.generateDocs(project, out);
  const broken = [...(await brokenLinks(out)), ...(await missingPages(out, titles))];
  for (const line of broken) console.error(line);
  if (broken.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error("docs: expected a site without warnings, got those above");
}

/** Files of the pages, with their titles. */
async function findPages() {
  const listed = Object.entries(TITLES).filter(([file]) => existsSync(join(root, file)));
  const all = (await readdir(join(root, "docs"), { recursive: true })).map((file) =>
    join("docs", file).replaceAll("\\", "/"),
  );
  const rest = all.filter((file) => file.endsWith(".md") && !(file in TITLES)).sort();
  const own = await Promise.all(
    rest.map(async (file) => {
      const heading = /^# (.+)$/m.exec(await readFile(join(root, file), "utf8"))?.[1];
      return [
        file,
        file.startsWith("docs/claims/") ? `Claims: ${basename(file, ".md")}` : (heading ?? basename(file, ".md")),
      ];
    }),
  );
  return new Map([...listed, ...own].map(([file, title]) => [join(root, file), title]));
}

/** Links and pictures of the site's pages that lead nowhere in it. */
async function brokenLinks(site) {
  const files = (await readdir(site, { recursive: true })).filter((file) => file.endsWith(".html"));
  const texts = new Map(
    await Promise.all(files.map(async (file) => [join(site, file), await readFile(join(site, file), "utf8")])),
  );
  const broken = [];
  for (const [file, text] of texts) {
    for (const [, link] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|data:|mailto:)/.test(link)) continue;
      const [path, anchor] = link.split("#");
      const target = path === "" ? file : resolve(dirname(file), decodeURI(path.replace(/\?.*/, "")));
      const isThere = texts.has(target)
        ? !anchor || texts.get(target).includes(`id="${decodeURIComponent(anchor)}"`)
        : existsSync(target);
      if (!isThere) broken.push(`docs: ${relative(site, file)}: expected a page of the site, got "${link}"`);
    }
  }
  return broken;
}

async function missingPages(site, titles) {
  const built = (await readdir(join(site, "documents"))).length;
  return built === titles.length ? [] : [`docs: expected ${titles.length} pages, got ${built}`];
}
