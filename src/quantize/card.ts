/** What a quantised folder says of itself. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { CARD_FILE } from "../pretrained/index.ts";
import type { QuantizeReport } from "./folder.ts";
import type { ScaleLoss } from "./loss.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const row = ({ grid: [h, w], tokens, divergence, sameGreedy, logits }: ScaleLoss): string =>
  `| ${h}×${w} | ${tokens} | ${divergence.toFixed(5)} | ${percent(sameGreedy)} | ${percent(logits)} |`;

/** The card: what was done and what it cost, before the card of the folder it was made from. */
export async function quantizedCard(from: string, report: QuantizeReport): Promise<string> {
  const { loss, kept, smoothing, pictures } = report;
  const original = await readFile(join(from, CARD_FILE), "utf8").catch(() => "");
  const stays = kept.length === 0 ? "none of them" : kept.map((name) => `\`${name}\``).join(", ");
  return `# ${basename(resolve(from))}, transformer in int8

Made by \`flexvar quantize\`: weights of the transformer's products as int8, one scale an output; rows of activations are quantised as they
come, each by its own largest value. Smoothing ${smoothing}. Kept in floating point of the weights that may be int8: ${stays}.

What it costs against the original, over ${pictures} pictures drawn by the original, both given the same tokens: ${loss.divergence.toFixed(5)} nats a token, the
likeliest code the same for ${percent(loss.sameGreedy)} of the tokens.

| grid | tokens | divergence, nats a token | same likeliest code | largest error of a logit |
|---|---|---|---|---|
${loss.scales.map(row).join("\n")}
${original === "" ? "" : `\nThe original's card:\n\n${original.replace(/^#/gm, "##")}`}`;
}
