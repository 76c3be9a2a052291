/** Styles, as users type them: names that a model was told in training, alone or mixed. */
import { OptionError } from "../errors/index.ts";
import { nameFinder } from "./class-names.ts";

/** Longest text of a mix of styles. */
export const LONGEST_STYLE = 1000;

const EXPECTED = "none or styles of the model, alone (noto) or mixed (noto:0.6,fluent:0.4)";

/**
 * The weights of a model's styles, whose learned vectors are added to the class's.
 * @param text `none`, `auto`, a name, or names with weights between commas
 * @returns a weight for every style, or none where no style is told
 * @throws OptionError naming the styles there are
 */
export function styleWeights(text: string, styles: readonly string[]): readonly number[] {
  const trimmed = text.trim();
  const find = nameFinder(styles);
  const whole = find(trimmed);
  if (whole.length === 0 && ["none", "auto"].includes(trimmed)) return [];
  const weights = styles.map(() => 0);
  const parts = whole.length > 0 ? [trimmed] : trimmed.split(",");
  for (const part of parts) {
    const [place, weight] = partOf(part.trim(), find);
    if (place === undefined || !(weight > 0 && weight <= 10))
      throw new OptionError(
        "style",
        styles.length === 0 ? "none, for the model has one style" : `${EXPECTED} of ${styles.join(", ")}`,
        `"${text}"`,
      );
    weights[place] = weights[place]! + weight;
  }
  return weights;
}

/** The place and weight that `NAME` or `NAME:WEIGHT` stands for; a name wins. */
function partOf(part: string, find: (name: string) => readonly number[]): readonly [number | undefined, number] {
  const [whole] = find(part);
  if (whole !== undefined) return [whole, 1];
  const colon = part.lastIndexOf(":");
  const weight = part.slice(colon + 1).trim();
  if (colon < 0 || !/^\d{0,3}(\.\d{1,9})?$/.test(weight)) return [undefined, 0];
  return [find(part.slice(0, colon))[0], Number(weight)];
}
