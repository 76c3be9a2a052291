/**
 * The one table of options. Flags and their help, HTTP fields and the OpenAPI document, the client's types, the studio's form, the settings
 * in pictures and `flexvar repeat` derive from it: an option is a row here, its use, and its test.
 */
import { z } from "zod";
import { FILLS, parseCrop } from "../editing/index.ts";
import { GUIDANCE_MODES, MAX_GRID_SIDE, parseEntropyTemperature, parseGreedy, STEP_TABLES } from "../sampling/index.ts";
import { choice, classLabels, guidanceUntil, perScale, readableText, real, scales, size, whole } from "./schemas.ts";
import { LONGEST_STYLE } from "./style.ts";

/** The image-to-image tasks. */
export const EDIT_TASKS = ["inpaint", "outpaint", "expand", "refine"] as const;
export type EditTask = (typeof EDIT_TASKS)[number];
const ALL_TASKS = ["generate", ...EDIT_TASKS] as const;
export type Task = (typeof ALL_TASKS)[number];

export interface OptionRow {
  readonly schema: z.ZodType;
  /** Short title for forms. */
  readonly title: string;
  /** Meaning, range and default, in one or two sentences. */
  readonly description: string;
  /** Flag on the command line, without the dashes, and the placeholder of its value in help texts. */
  readonly flag: string;
  readonly metavar: string;
  /** Field in HTTP requests, and key in a picture's settings. */
  readonly http: string;
  /** How the flag's text becomes a value; `flag`: true where it is given, without a value. */
  readonly text: "number" | "per scale" | "numbers" | "names" | "text" | "flag";
  /** True for options that a form folds away. */
  readonly advanced?: boolean;
  readonly tasks: readonly Task[];
  /** The value where neither the user nor the model's config says one; left out where the task decides. */
  readonly default?: unknown;
  /** Key in `default_sampling` of a model's config. */
  readonly config?: string;
  /**
   * Recorded in a picture's settings: `always` as decided (null for none), `given` as the user gave it (null where not), `unless default`
   * without a key while it has its default, as in pictures that were drawn before it was there. Left out: the task's own settings say it.
   */
  readonly recorded?: "always" | "given" | "unless default";
  /** Part of every scale's filter (`FilterOptions`), under this name there. */
  readonly filters?: boolean;
  /** False where an HTTP request may not ask for it. */
  readonly served?: boolean;
}

/** What a row may leave out: names that follow from the option's own (`topK`: `top-k`, `top_k`, Top k), a text as it is, and all tasks of its part of the table. */
type Usual = "title" | "flag" | "http" | "text" | "tasks";
type Row = Omit<OptionRow, Usual> & Partial<Pick<OptionRow, Usual>>;

/** How tokens are drawn: these hold for every task. */
const samplingOptions = {
  classLabels: {
    schema: classLabels,
    title: "Classes",
    description:
      'Class names or ids, names of groups (each picture draws a member), or mixes (cat face:0.6,tiger face:0.4), in the order in which their pictures are drawn. A name wins over an id; "3" in quotes is a name, #3 an id.',
    flag: "class",
    metavar: "ID,NAME,…",
    text: "names",
  },
  style: {
    schema: z.string().min(1).max(LONGEST_STYLE),
    description:
      "Style that the model was told in training, by name (`flexvar classes` lists them), mixed as in noto:0.6,fluent:0.4, or none.",
    metavar: "NAME|none",
    default: "none",
    recorded: "unless default",
  },
  count: {
    schema: whole(1, 1_000_000),
    description: "Pictures per class; 1 by default.",
    metavar: "N",
    http: "n",
    text: "number",
    default: 1,
  },
  seed: {
    schema: whole(0, Number.MAX_SAFE_INTEGER),
    description:
      "Whole number that fixes every picture; each picture has a stream of its own from seed, class and number. 0 by default.",
    metavar: "N",
    text: "number",
    default: 0,
  },
  size: {
    schema: size,
    description:
      "Picture size in pixels, N or WxH; the trained square by default. Any size: what the model's factor does not divide is drawn larger and cropped.",
    metavar: "N|WxH",
    tasks: ["generate", "refine"],
  },
  steps: {
    schema: whole(1, 64),
    description:
      "Number of scales, by the published tables; excludes a list of scales. 10 up to the trained size by default.",
    metavar: "N",
    http: "num_inference_steps",
    text: "number",
    config: "steps",
    recorded: "given",
  },
  stepTable: {
    schema: choice(STEP_TABLES),
    description: "Which published list 8 steps use: the paper's or the released script's.",
    metavar: "paper|released",
    advanced: true,
    recorded: "given",
  },
  scales: {
    schema: scales,
    description:
      "The grids themselves, coarse to fine: n for a square, HxW (rows x columns) for any other, as in 1,2,4x6.",
    metavar: "LIST",
    advanced: true,
  },
  guidance: {
    schema: perScale(real(0, 100)),
    description:
      "Guidance scale: how strongly pictures follow their class. 2.5 suits ramp, 4 suits constant. One number, a list by scale (4,4,2) or from..to.",
    metavar: "G",
    http: "guidance_scale",
    text: "per scale",
    config: "guidance_scale",
    recorded: "always",
  },
  guidanceMode: {
    schema: choice(GUIDANCE_MODES),
    description: "ramp grows with the scales (published numbers); constant is the same at all (the authors' demo).",
    metavar: "ramp|constant",
    advanced: true,
    config: "guidance_mode",
    recorded: "always",
  },
  guidanceUntil: {
    schema: guidanceUntil,
    description:
      "Grid from whose side on guidance is off, or none; a scale after the last guided one computes half the rows.",
    metavar: "GRID|none",
    advanced: true,
    default: "none",
    config: "guidance_until",
    recorded: "unless default",
  },
  topK: {
    schema: perScale(whole(0, 2 ** 31), true),
    description:
      "Draws among the k likeliest tokens; 0 or at least the codebook's size: off. One number, a list by scale or from..to.",
    metavar: "K",
    text: "per scale",
    config: "top_k",
    recorded: "always",
    filters: true,
  },
  topP: {
    schema: perScale(real(0, 1), true),
    description:
      "Draws among the likeliest tokens that hold this share of the probability; 0 or 1: off. One number, a list by scale or from..to.",
    metavar: "P",
    text: "per scale",
    config: "top_p",
    recorded: "always",
    filters: true,
  },
  minP: {
    schema: perScale(real(0, 1)),
    description:
      "Draws among the tokens that are at least this many times as likely as the likeliest; 0, the default: off. One number, a list by scale or from..to.",
    metavar: "P",
    text: "per scale",
    advanced: true,
    default: 0,
    config: "min_p",
    recorded: "unless default",
    filters: true,
  },
  temperature: {
    schema: perScale(real(0, 100, true)),
    description:
      "Divides the logits; below 1 is safer, above 1 more varied. One number, a list by scale or from..to (0.9..0.7).",
    metavar: "T",
    text: "per scale",
    config: "temperature",
    recorded: "always",
    filters: true,
  },
  entropyTemperature: {
    schema: readableText(parseEntropyTemperature),
    title: "Temperature by entropy",
    description:
      "Multiplies each token's temperature by SCALE*exp(-H/DECAY)+FLOOR, H its entropy in nats: paper (2.5,3,0.6), three numbers, or none.",
    metavar: "none|paper|SCALE,DECAY,FLOOR",
    advanced: true,
    default: "none",
    config: "entropy_temperature",
    recorded: "unless default",
  },
  greedy: {
    schema: readableText(parseGreedy),
    title: "Greedy scales",
    description:
      "Scales that take the likeliest token: released (the authors' hidden rule; trained side 16 only), none, or a list of grids such as 16,23, 4x6 or 13+ (13 and all above).",
    metavar: "released|none|LIST",
    advanced: true,
    config: "greedy",
    recorded: "always",
  },
  maxGrid: {
    schema: whole(1, MAX_GRID_SIDE),
    title: "Largest grid",
    description:
      "Side that the guidance ramp and the released greedy rule compare grids with; the trained side by default.",
    metavar: "N",
    text: "number",
    advanced: true,
    config: "max_grid",
    recorded: "always",
  },
  forbid: {
    schema: z.array(whole(0, 2 ** 31)).max(1_000_000),
    title: "Forbidden codes",
    description: "Code ids that are never drawn.",
    metavar: "IDS",
    text: "numbers",
    advanced: true,
    recorded: "always",
  },
} as const satisfies Readonly<Record<string, Row>>;

/** What is painted where: the image-to-image tasks alone. */
const editingOptions = {
  strength: {
    schema: real(0, 1),
    description:
      "Share of the scales, the finest, that are painted anew, 0 to 1; the others keep the picture's tokens. For refine 0 by default, and grids up to the picture's own size are always kept; for a hole 1: below 1 what is under the mask shows through.",
    metavar: "S",
    text: "number",
    tasks: ["inpaint", "refine"],
    recorded: "always",
  },
  crop: {
    schema: readableText(parseCrop),
    description:
      "What of a photograph is worked on: auto (one part around the mask, reduced to what the model was trained on: the cost does not depend on the photograph's size), that part as X,Y,W,H in pixels, or none (the default: windows of the trained size at the photograph's own scale).",
    metavar: "auto|none|X,Y,W,H",
    tasks: ["inpaint"],
    default: "none",
    recorded: "unless default",
  },
  window: {
    schema: whole(1, 4096),
    description:
      "Side in pixels of the part around a hole that the model sees, on pictures larger than that; the trained size by default.",
    metavar: "PIXELS",
    text: "number",
    advanced: true,
    recorded: "always",
  },
  padding: {
    schema: whole(0, 4096),
    description: "Kept pixels that a window shows around its hole at least; a quarter of the window by default.",
    metavar: "PIXELS",
    text: "number",
    advanced: true,
    recorded: "always",
  },
  whole: {
    schema: z.boolean({ error: "true or false" }),
    title: "Whole picture",
    description: "One window for the whole picture, whatever its size.",
    metavar: "",
    text: "flag",
    advanced: true,
    default: false,
    recorded: "always",
  },
  fill: {
    schema: choice(FILLS),
    description:
      "What the hole holds while the picture is encoded, from kept pixels alone: their mean, the nearest (the default), or a smooth diffusion.",
    metavar: "mean|nearest|diffusion",
    advanced: true,
    tasks: ["inpaint", "outpaint", "expand"],
    default: "nearest",
    recorded: "always",
  },
  widen: {
    schema: whole(0, 16),
    description:
      "Tokens of the finest grid around the hole that are drawn anew too; their pixels stay as they are. 1 by default.",
    metavar: "TOKENS",
    text: "number",
    advanced: true,
    default: 1,
    recorded: "always",
  },
  keptShare: {
    schema: real(0, 1, true),
    description:
      "A token is taken from the picture where at least this share of its cell is kept, above 0 to 1; 0.5 by default.",
    metavar: "SHARE",
    text: "number",
    advanced: true,
    default: 0.5,
    recorded: "always",
  },
  hint: {
    schema: real(0, 16),
    description:
      "Where more than half is kept, grids of up to this many cells per width of the hole take their tokens from the filled picture; 1.6 by default.",
    metavar: "CELLS",
    text: "number",
    advanced: true,
    tasks: ["inpaint", "outpaint", "expand"],
    default: 1.6,
    recorded: "always",
  },
  seam: {
    schema: whole(0, 256),
    description: "Pixels inside the hole over which its edge is evened out; 0: none; two tokens wide by default.",
    metavar: "PIXELS",
    text: "number",
    advanced: true,
    recorded: "always",
  },
  bestOf: {
    schema: whole(1, 256),
    description:
      "Paints this many variants of each class and keeps as many as asked for: the likeliest by the model's own score, likeliest first.",
    metavar: "N",
    text: "number",
    // Choosing among more variants than are asked for would let one request do the work of many.
    served: false,
  },
} as const satisfies Readonly<Record<string, Row>>;

export type SamplingField = keyof typeof samplingOptions;
export type EditingField = keyof typeof editingOptions;
export type OptionName = SamplingField | EditingField;

const rows = { ...samplingOptions, ...editingOptions } as const;

/** `topK` as `top-k`, or with another character between the words. */
export const separated = (name: string, between: string): string =>
  name.replace(/[A-Z]/g, (letter) => `${between}${letter.toLowerCase()}`);

type SnakeCase<S extends string> = S extends `${infer C}${infer Rest}`
  ? `${C extends Lowercase<C> ? C : `_${Lowercase<C>}`}${SnakeCase<Rest>}`
  : S;
export type Options = {
  readonly [N in OptionName]: (typeof rows)[N] &
    Pick<OptionRow, Usual> & {
      readonly http: (typeof rows)[N] extends { readonly http: infer H } ? H : SnakeCase<N>;
    };
};

/** Every option by the library's name, in the order in which help and forms list them. */
export const options = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => {
    const [first, ...rest] = separated(name, " ");
    const title = `${first!.toUpperCase()}${rest.join("")}`;
    const names = { title, flag: separated(name, "-"), http: separated(name, "_") };
    return [name, { ...names, text: "text", tasks: name in samplingOptions ? ALL_TASKS : EDIT_TASKS, ...row }];
  }),
) as unknown as Options;

/** A row without the particulars of its type. */
export const rowOf = (name: OptionName): OptionRow => options[name];

export const SAMPLING_FIELDS = Object.keys(samplingOptions) as readonly SamplingField[];
export const EDITING_FIELDS = Object.keys(editingOptions) as readonly EditingField[];

/** The options that a task takes. */
export const optionsOf = (task: Task): readonly OptionName[] =>
  (Object.keys(options) as OptionName[]).filter((name) => rowOf(name).tasks.includes(task));

/** Options with a certain property of theirs set, by type. */
type WithKey<K extends string> = {
  [N in OptionName]: Options[N] extends { readonly [key in K]: unknown } ? N : never;
}[OptionName];
export type ConfigOption = WithKey<"config">;
export type FilterOption = WithKey<"filters">;
export type RecordedOption = WithKey<"recorded">;

const withKey = <K extends keyof OptionRow>(key: K): readonly OptionName[] =>
  (Object.keys(options) as OptionName[]).filter((name) => rowOf(name)[key] !== undefined);
export const CONFIG_OPTIONS = withKey("config") as readonly ConfigOption[];
export const FILTER_OPTIONS = withKey("filters") as readonly FilterOption[];
export const RECORDED_OPTIONS = withKey("recorded") as readonly RecordedOption[];

/** A strict object schema of some options, each optional, with titles and descriptions for JSON Schema. */
export function optionsSchema<N extends OptionName>(names: readonly N[]) {
  const shape = Object.fromEntries(names.map((name) => [name, optional(name)])) as {
    [K in N]: z.ZodOptional<Options[K]["schema"]>;
  };
  return z.strictObject(shape);
}

/** An option's schema, optional and described. */
export function optional(name: OptionName): z.ZodOptional {
  const { schema, title, description } = rowOf(name);
  return schema.optional().meta({ title, description });
}
