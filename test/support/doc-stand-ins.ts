/**
 * What stands in for a documented command's hours, downloads and unavailable weights when the commands are carried out, and which
 * commands are not. `test/docs-commands.test.ts` fails where a row is used by no page.
 */
export interface StandIn {
  /** Words of the documented lines, and what replaces them; rows apply in order. */
  readonly docs: string;
  readonly instead: string;
  readonly why: string;
}

const FEWER = "fewer pictures";
const QUICK = "the config's quick form instead of hours";
const NAMED = "a name that readers put in";

export const standIns: readonly StandIn[] = [
  { docs: "--count 4 --best-of 16", instead: "--count 1 --best-of 2", why: FEWER },
  { docs: "--count 10", instead: "--count 1", why: FEWER },
  { docs: "--count 8", instead: "--count 1", why: FEWER },
  { docs: "--count 4", instead: "--count 2", why: FEWER },
  { docs: "--count 3", instead: "--count 1", why: FEWER },
  { docs: "train tokenizer", instead: "train tokenizer --quick", why: QUICK },
  { docs: "train transformer", instead: "train transformer --quick", why: QUICK },
  { docs: "train judge", instead: "train judge --quick", why: QUICK },
  { docs: "CARD.md models/NAME", instead: "CARD.md models/own", why: "models/fashion stays as it is" },
  { docs: "NAME", instead: "fashion", why: NAMED },
  { docs: "--class A,B,C", instead: "--class trouser,dress,bag", why: NAMED },
  { docs: "JUDGE", instead: "models/judges/emoji", why: NAMED },
  { docs: "sweep --model fashion", instead: "sweep --model fashion --bootstrap 5", why: "fewer replicates" },
  { docs: "guidance=1,1.5,2,3,4", instead: "guidance=1,4", why: FEWER },
  { docs: "--total 500", instead: "--total 10", why: FEWER },
  { docs: "evaluate", instead: "evaluate --total 10 --bootstrap 5", why: FEWER },
  { docs: "--pictures 64", instead: "--pictures 2", why: FEWER },
  { docs: "--pictures 262", instead: "--pictures 2 --only refine", why: FEWER },
  {
    docs: "runs/emoji-judge/model runs/emoji-data",
    instead: "models/judges/emoji runs/emoji-data --replicates 2 --only blur",
    why: "the judge that ships, for one of a quick form tells nothing; one family of degradations",
  },
  { docs: "ablate.mjs", instead: "ablate.mjs --quick", why: "one short run instead of nine" },
  {
    docs: "claims.mjs fashion",
    instead: "claims.mjs fashion --root . --only guidance",
    why: "one option, beside the stand-ins",
  },
  {
    docs: "shapes-sheet.mjs models/emoji",
    instead: "shapes-sheet.mjs models/emoji --out shapes.png",
    why: "the shipped sheet stays as it is",
  },
  { docs: "landscape,building,animal-face", instead: "landscape", why: FEWER },
  { docs: "docs-images.mjs", instead: "docs-images.mjs --out images", why: "the shipped pictures stay as they are" },
  { docs: "quantize models/emoji", instead: "quantize models/fashion --pictures 1", why: FEWER },
  { docs: "models/emoji-int8", instead: "models/fashion-int8", why: "the stand-in's" },
  { docs: "--seeds 100", instead: "--seeds 2", why: FEWER },
  { docs: "serve --port 8080", instead: "serve --port 0", why: "any free port" },
  { docs: "serve --host 0.0.0.0", instead: "serve --host 0.0.0.0 --port 0", why: "any free port" },
  { docs: "studio", instead: "studio --no-open --port 0", why: "any free port, and no browser" },
  { docs: "examples/page/serve.mjs", instead: "examples/page/serve.mjs 0", why: "any free port" },
  { docs: "curl http://127.0.0.1:8080", instead: "curl --fail-with-body http://SERVER", why: "the port that was free" },
];

export interface NotRun {
  /** What the documented line begins with. */
  readonly docs: string;
  readonly why: string;
}

const notRun: readonly NotRun[] = [
  { docs: "npm ci", why: "installs; what runs these tests has done it" },
  { docs: "npm start", why: "installs and draws: test/scripts.test.ts" },
  { docs: "npm test", why: "would run itself" },
  { docs: "npm run build", why: "done before these tests" },
  {
    docs: "node recipes/first-picture.mjs",
    why: "measures times in a browser; the studio's tests wait for the same picture",
  },
  { docs: "npx flexvar pull flexvar-d16", why: "1.5 GB from the hub; src/hub/pull.test.ts pulls from one of its own" },
  { docs: "npx flexvar generate --model flexvar-d16", why: "needs the same weights" },
  { docs: "npx flexvar models rm flexvar-d16", why: "needs the same weights" },
  { docs: "npx flexvar worker --cluster", why: "needs a NATS server; test/cluster.test.ts starts one, and workers" },
  { docs: "npx flexvar serve --cluster", why: "the same" },
  { docs: "npx flexvar sample --cluster", why: "the same; src/cli/sample-cluster.test.ts" },
  {
    docs: "npx flexvar train transformer --config configs/pictures-transformer.json --data my-pictures --out runs/pictures-transformer --cluster",
    why: "the same; src/cluster/training/training.test.ts trains so",
  },
  {
    docs: "npx flexvar train transformer --config configs/pictures-transformer.json --data my-pictures --out runs/worker --cluster",
    why: "the same",
  },
  { docs: "node recipes/int8.mjs", why: "writes 8 GB; src/quantize/folder.test.ts quantises small networks" },
  { docs: "node recipes/int8-wasm.mjs", why: "draws a dozen pictures by WebAssembly; times only" },
  { docs: "node recipes/train.mjs fashion", why: "test/recipes/train.test.ts carries out its quick form" },
  { docs: "node recipes/claims.mjs emoji", why: "the same script as for fashion, on a model that takes longer" },
  { docs: "node recipes/train.mjs emoji", why: "the same script as for fashion, with six trainings" },
];

/** What begins the lines that answer until they are told to end. */
export const servers: readonly string[] = ["npx flexvar serve", "npx flexvar studio", "node examples/page/serve.mjs"];

/** What begins the lines whose exit status 1 is a verdict on the data, which stand-ins need not pass. */
export const verdicts: readonly string[] = ["node recipes/judge-degradations.mjs"];

/** Words of one line as one text, in which a row's words are found whole or as a part of one. */
const SEPARATOR = "\0";
const joined = (text: string): string => text.replaceAll(" ", SEPARATOR);

/** The words that are carried out for documented ones. @param met is told each row that applies. */
export function withStandIns(words: readonly string[], met: (row: StandIn) => void = () => {}): string[] {
  let line = words.join(SEPARATOR);
  for (const row of standIns) {
    if (!line.includes(joined(row.docs))) continue;
    met(row);
    line = line.replaceAll(joined(row.docs), joined(row.instead));
  }
  return line.split(SEPARATOR);
}

/** The row that says why a line is not carried out. */
export function reasonNotToRun(words: readonly string[]): NotRun | undefined {
  const line = words.join(" ");
  return notRun.find(({ docs }) => line === docs || line.startsWith(`${docs} `));
}

/** Rows that no line needs. */
export function unusedRows(lines: readonly (readonly string[])[]): (StandIn | NotRun)[] {
  const used = new Set<StandIn | NotRun>();
  for (const words of lines) {
    const reason = reasonNotToRun(words);
    if (reason === undefined) withStandIns(words, (row) => used.add(row));
    else used.add(reason);
  }
  return [...standIns, ...notRun].filter((row) => !used.has(row));
}
