/** Flags of commands that work on a cluster. */
import { type Command, Option } from "commander";
import type { Cluster, ClusterOptions } from "../cluster/index.ts";
import { wholeNumber } from "./flags.ts";

export interface ClusterFlags {
  readonly cluster?: string;
  readonly creds?: string;
  readonly ca?: string;
  readonly replicas?: number;
}

/** How long a NATS server that is starting is waited for, in ms. */
const START_MS = 10_000;

/** `--cluster` and how to get in. @param isNeeded whether the command has no other way */
export function addClusterFlags(command: Command, isNeeded = false): Command {
  command.optionsGroup("Cluster:");
  const url = new Option(
    "--cluster <URL>",
    "NATS server with JetStream, such as nats://host:4222; a user and password or a token may stand before an @, several addresses " +
      "between commas; in the variable no list of processes shows them",
  ).env("FLEXVAR_CLUSTER");
  return command
    .addOption(url.makeOptionMandatory(isNeeded))
    .option("--creds <FILE>", "credentials file of a NATS account")
    .option("--ca <FILE>", "certificate authority of the NATS server (PEM)")
    .option(
      "--replicas <N>",
      "copies of what is kept there, on as many servers; 1 by default",
      wholeNumber("replicas", 1, 5),
    );
}

/** Connects as the flags say; a server that is starting is waited for. */
export async function openClusterOf(
  { cluster: url = "", creds, ca, replicas }: ClusterFlags,
  more: Pick<ClusterOptions, "name" | "most" | "onMessage"> = {},
): Promise<Cluster> {
  const { openCluster } = await import("../cluster/index.ts");
  return await openCluster({ url, creds, ca, replicas, waitMs: START_MS, ...more });
}
