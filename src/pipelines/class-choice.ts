import type { View } from "../editing/index.ts";
import { OptionError } from "../errors/index.ts";
import { type ClassPick, classPicksOf } from "../pretrained/index.ts";
import { guessClass } from "./guess.ts";
import type { OpenModel } from "./model.ts";
import { transformerOf } from "./programs.ts";

/** Class ids or names, or what to do without: `"auto"` guesses from the picture, `"none"` paints without a class. */
export type ClassChoice = readonly (number | string)[] | "auto" | "none";

/** What a choice asks for; "no class" is the id after the last. `["auto"]` and `["none"]` count as the words alone. */
export async function classesOf(
  pipe: OpenModel,
  choice: ClassChoice,
  view: View,
  signal?: AbortSignal,
): Promise<ClassPick[]> {
  const { numClasses } = transformerOf(pipe.config);
  const word = typeof choice === "string" ? choice : choice.length === 1 ? choice[0] : undefined;
  if (word === "none") return [{ ids: [numClasses] }];
  if (word === "auto") return [{ ids: [await guessClass(pipe, view, signal)] }];
  if (typeof choice === "string")
    throw new OptionError("classLabels", "class ids or names, auto or none", `"${choice}"`);
  if (choice.length === 0) throw new OptionError("classLabels", "at least one class", "none");
  return classPicksOf(choice, pipe.config, numClasses);
}
