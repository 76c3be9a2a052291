import { join } from "node:path";
import type { Command } from "commander";
import { ExpectedError } from "../errors/index.ts";
import { readInput } from "../files/index.ts";
import { looseName, nearLabels } from "../options/index.ts";
import { CONFIG_FILE, parseModelConfig } from "../pretrained/index.ts";
import type { CommandWork, Outcome, Running } from "./command.ts";
import { addModelFlag, type ModelFlags } from "./flags.ts";
import { findModel } from "./model.ts";

/** `flexvar classes`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Lists the classes of a model: id, tab, name; then its groups: group, tab, name, tab, its classes; then its styles.",
    )
    .argument("[FILTER]", "only names that contain this text");
  addModelFlag(command);
  return { examples: ["flexvar classes", "flexvar classes retriever --model models/d16"], work: classes };
}

async function classes(
  [filter]: readonly (string | undefined)[],
  flags: ModelFlags,
  { report }: Running,
): Promise<Outcome> {
  const folder = findModel(flags.model);
  const path = join(folder, CONFIG_FILE);
  const { id2label, groups = {}, styles = [], transformer } = parseModelConfig(await readInput(path, "config"), path);
  const count = transformer?.numClasses ?? id2label.length;
  const all = Array.from({ length: count }, (_, id) => ({ id, label: id2label[id] ?? null }));
  const chosen = filter === undefined ? all : all.filter(({ label }) => label !== null && contains(label, filter));
  const sets = Object.entries(groups).filter(([name]) => filter === undefined || contains(name, filter));
  if (filter !== undefined && chosen.length + sets.length === 0) {
    const near = nearLabels(filter, [...id2label, ...Object.keys(groups)]).map((name) => `"${name}"`);
    const hint = near.length > 0 ? `; did you mean ${near.join(", ")}?` : "";
    throw new ExpectedError(`classes: expected names that contain "${filter}", got none of ${id2label.length}${hint}`);
  }
  if (id2label.length === 0) report.log(`${folder} has ${count} classes without names; use their ids`);
  return {
    json: {
      model: folder,
      num_classes: count,
      classes: chosen,
      groups: Object.fromEntries(sets.map(([name, members]) => [name, [...members]])),
      styles: [...styles],
    },
    text: [
      ...chosen.map(({ id, label }) => (label === null ? String(id) : `${id}\t${label}`)),
      ...sets.map(([name, members]) => `group\t${name}\t${members.join(", ")}`),
      ...(filter === undefined ? styles.map((name) => `style\t${name}`) : []),
    ].join("\n"),
  };
}

function contains(label: string, filter: string): boolean {
  return looseName(label).includes(looseName(filter));
}
