/** Addresses of NATS servers, and getting in. NATS's packages are loaded on use. */
import { readFile } from "node:fs/promises";
import type { ConnectionOptions, NatsConnection } from "@nats-io/transport-node";
import { ExpectedError, OptionError } from "../errors/index.ts";

export interface Entrance {
  /** `nats://` or `tls://` addresses between commas; a user and password, or a token before `@`, may be in it. */
  readonly url: string;
  /** A credentials file (JWT and seed), as NATS's accounts give them. */
  readonly creds?: string | undefined;
  /** A file with the certificate authority of the server, in PEM. */
  readonly ca?: string | undefined;
  /** What the server's list of connections calls this one. */
  readonly name?: string | undefined;
}

/** Connects once. @throws OptionError for what is no address, NATS's errors else */
export async function connectTo({ url, creds, ca, name }: Entrance): Promise<NatsConnection> {
  const all = url.split(",").map((text) => parsed(text.trim()));
  const { username, password, protocol } = all[0]!;
  const { connect, credsAuthenticator } = await import("@nats-io/transport-node");
  const options: ConnectionOptions = {
    servers: all.map(({ host }) => `nats://${host}`),
    ...(name !== undefined && { name }),
    ...(password !== "" && { user: username, pass: password }),
    ...(password === "" && username !== "" && { token: username }),
    ...(creds !== undefined && { authenticator: credsAuthenticator(await fileOf("creds", creds)) }),
    ...((ca !== undefined || protocol === "tls:") && {
      tls: ca === undefined ? {} : { ca: new TextDecoder().decode(await fileOf("ca", ca)) },
    }),
    // A server that is away comes back: what waits for it tries again until somebody stops it.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 250,
    timeout: 5000,
    // Stacks of requests that went well cost as much as the requests.
    noAsyncTraces: true,
  };
  return await connect(options);
}

async function fileOf(option: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new OptionError(option, "a file that can be read", `${path} (${(cause as Error).message})`);
  }
}

interface Address {
  readonly host: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
}

function parsed(text: string): Address {
  const wrong = (): OptionError =>
    new OptionError("cluster", "an address such as nats://host:4222", `"${withoutSecret(text)}"`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["nats:", "tls:"].includes(url.protocol) || url.hostname === "") throw wrong();
  const { host, protocol, username, password } = url;
  try {
    return { host, protocol, username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch {
    // A percent sign that is none of an escape.
    throw wrong();
  }
}

/** An address for messages. */
export const withoutSecret = (url: string): string => url.replaceAll(/\/\/[^@/,]{0,2000}@/g, "//");

/** True for faults of a server that is starting, or not yet to be found: it may be there in a moment. */
export const isNotThereYet = (error: unknown): boolean =>
  /refused|ECONNRESET|ENOTFOUND|EAI_AGAIN|timeout|temporarily unavailable/i.test(words(error));

/** What to tell of a server that cannot be used. */
export function unusable(url: string, cause: unknown): Error {
  if (cause instanceof OptionError) return cause;
  const said = words(cause);
  const got = /jetstream|no responders/i.test(said)
    ? `none (${said}); start it with nats-server --jetstream --store_dir FOLDER`
    : said;
  return new ExpectedError(`cluster: expected a NATS server with JetStream at ${withoutSecret(url)}, got ${got}`, {
    cause,
  });
}

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
