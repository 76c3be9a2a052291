/** Hostile requests on bare connections: whatever a client library would mend or refuse is sent as it is. */
import { connect } from "node:net";
import type { HostileCase } from "./corpus.ts";

export interface Reply {
  readonly status: number;
  readonly headers: string;
  readonly body: string;
}

/** Longest wait for an answer, in ms. */
const PATIENCE_MS = 120_000;

/** Sends a case and reads the answer to its end, also where the server answers before it has read everything. */
export function send(port: number, one: HostileCase): Promise<Reply> {
  const { method = "POST", path, headers = {}, body = "" } = one;
  const { "x-claims": claimed, ...own } = headers;
  const bytes = Buffer.from(body);
  const all: Record<string, string> = { host: `127.0.0.1:${port}`, connection: "close", ...own };
  if (method === "POST") all["content-length"] = claimed ?? String(bytes.length);
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return exchange(port, Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`), bytes]));
}

/** Sends bytes and reads until the server hangs up. Status 0: it did so without an answer. */
export function exchange(port: number, bytes: Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error("send: expected an answer, got none"));
    }, PATIENCE_MS);
    socket.on("data", (piece) => pieces.push(piece));
    // A server that has answered and hung up does not read the rest.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(late);
      resolve(replyOf(Buffer.concat(pieces).toString("utf8")));
    });
  });
}

function replyOf(text: string): Reply {
  const end = text.indexOf("\r\n\r\n");
  const headers = text.slice(0, Math.max(end, 0));
  const body = text.slice(end + 4);
  const isChunked = /^transfer-encoding: chunked$/im.test(headers);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(headers)?.[1] ?? 0);
  return { status, headers, body: isChunked ? body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1) : body };
}
