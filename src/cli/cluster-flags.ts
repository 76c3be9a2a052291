/** Flags of commands that work on a cluster. */
import type { Command } from "commander";
import type { Cluster, ClusterOptions } from "../cluster/index.ts";
import { wholeNumber } from "./flags.ts";

export interface ClusterFlags {
  readonly cluster?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly replicas?: number;
}

/** `--cluster` and how to get in. @param isNeeded whether the command has no other way */
export function addClusterFlags(command: Command, isNeeded = false): Command {
  command.optionsGroup("Cluster:");
  const [flag, text] = [
    "--cluster <URL>",
    "NATS server with JetStream, such as nats://host:4222; a user and password or a token may stand before an @, several addresses between commas",
  ];
  return (isNeeded ? command.requiredOption(flag, text) : command.option(flag, text))
    .option("--creds <FILE>", "credentials file of a NATS account")
    .option("--ca <FILE>", "certificate authority of the NATS server (PEM)")
    .option("--replicas <N>", "copies of what waits and of results; 1 by default", wholeNumber("replicas", 1, 5));
}

/** Connects as the flags say. */
export async function openClusterOf(
  { cluster: url = "", creds, ca, replicas }: ClusterFlags,
  more: Pick<ClusterOptions, "name" | "most"> = {},
): Promise<Cluster> {
  const { openCluster } = await import("../cluster/index.ts");
  return await openCluster({ url, creds, ca, replicas, ...more });
}
