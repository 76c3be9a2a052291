/** An option stands in one table: a front end that leaves one out, or has one of its own, is found here. */
import { Command } from "commander";
import { describe, expect, expectTypeOf, test } from "vitest";
import { addEditFlags } from "../src/cli/edit.ts";
import { addSamplingFlags } from "../src/cli/flags.ts";
import type { EditFields, GenerationFields } from "../src/client/index.ts";
import { EDIT_TASKS, EDITING_FIELDS, optionsOf, rowOf, SAMPLING_FIELDS } from "../src/options/index.ts";
import { requestSchemas } from "../src/server/fields.ts";
import { MORE_OPTIONS, OWN_FIELDS } from "../studio/src/create/more-options.ts";

const flags = (command: Command) => command.options.map(({ long }) => long!.slice(2));
const generation = requestSchemas({ pictures: 10 }).generation.shape;
const edit = requestSchemas({ pictures: 10 }).edit.shape;

describe("every option is on every front end", () => {
  test.each(SAMPLING_FIELDS)("%s: command and HTTP, with one description", (name) => {
    const { flag, http, description } = rowOf(name);
    const option = addSamplingFlags(new Command()).options.find(({ long }) => long === `--${flag}`);
    expect(option?.description).toBe(description);
    const fields: Record<string, { description?: string } | undefined> = generation;
    expect(fields[http]?.description).toBe(description);
    expect(Object.keys(edit)).toContain(http);
  });

  test("the studio's form has a field of its own for it, or offers it among the others", () => {
    expect([...OWN_FIELDS, ...MORE_OPTIONS].sort()).toEqual([...SAMPLING_FIELDS].sort());
  });

  test.each(EDITING_FIELDS)("%s: HTTP where it is served, and the commands of its tasks", (name) => {
    const { http, served = true, tasks, flag } = rowOf(name);
    expect(Object.keys(edit).includes(http)).toBe(served);
    expect(Object.keys(generation)).not.toContain(http);
    for (const task of EDIT_TASKS)
      expect([task, flags(addEditFlags(new Command(), task)).includes(flag)]).toEqual([task, tasks.includes(task)]);
  });

  test.each(EDIT_TASKS)("%s has the flags of its options", (task) => {
    const own = flags(addEditFlags(new Command(), task));
    for (const name of optionsOf(task)) expect(own).toContain(rowOf(name).flag);
  });

  test("the client's types name what the server reads", () => {
    expectTypeOf<"min_p" | "forbid" | "class_labels">().toExtend<keyof GenerationFields>();
    expectTypeOf<"hint" | "kept_share" | "min_p">().toExtend<keyof EditFields>();
    expectTypeOf<"best_of">().not.toExtend<keyof EditFields>();
  });
});
