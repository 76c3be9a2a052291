import type { Command } from "commander";
import { pullModel } from "../hub/node.ts";
import { type CommandWork, type HubFlags, measured, type Outcome, type Running } from "./command.ts";
import { hubOptions } from "./hub.ts";
import { modelHash } from "./identity.ts";

/** `flexvar pull`. */
export function define(command: Command): CommandWork {
  command
    .description(
      "Brings a model here, or up to date: released weights by name (see flexvar models), or a model folder on the hub. An interrupted download goes on where " +
        "it stopped; every file's hash is checked before use. The cache is the one of Python's huggingface_hub (HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, " +
        "HF_TOKEN, HTTPS_PROXY); released checkpoints become a model folder beside flexvar's own cache.",
    )
    .argument("<NAME>", "flexvar-d16 and the like, or user/repo[@revision][:folder]")
    .option("--offline", "ask nothing of the network");
  return { examples: ["flexvar pull flexvar-d16", "flexvar pull user/repo@v1.0:models/small"], work: pull };
}

async function pull([name]: readonly string[], flags: HubFlags, running: Running): Promise<Outcome> {
  const folder = await pullModel(name!, hubOptions({ ...flags, yes: true }, running));
  running.report.log(`model in ${folder}`);
  return { json: { model: name!, folder, hash: await modelHash(folder), ...measured() }, text: folder };
}
