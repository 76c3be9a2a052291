/** A server app on a port. */

import { randomUUID } from "node:crypto";
import { type Server, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { serve } from "@hono/node-server";
import { ExpectedError } from "../errors/index.ts";
import type { ServerApp } from "./app.ts";
import { ApiError } from "./errors.ts";

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Ends jobs as {@link ServerApp.stop} does, then closes the port. */
  close(): Promise<void>;
}

/** Answers what is no HTTP, which no app sees, in the form of all refusals, and hangs up. */
function refuseUnread(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, expected] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? [431, "headers of at most 16 KiB, got more"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? [408, "a request that arrives in time, got less"]
        : [400, "HTTP/1.1, got something else"];
  const id = randomUUID();
  const body = JSON.stringify(new ApiError(status, `request: expected ${expected}`, { code: "bad_request" }).body(id));
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "connection: close", "content-type: application/json"];
  socket.end(
    `${[...head, `x-request-id: ${id}`, `content-length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`,
  );
}

/** Listens until closed. `port` 0 takes a free one. @throws Error where the port cannot be had. */
export function listen(server: ServerApp, { host = "127.0.0.1", port = 0, bodyMs = 30_000 } = {}): Promise<Listening> {
  return new Promise((resolve, reject) => {
    // Slow heads and bodies are looked for more often than Node does by itself.
    const serverOptions = { connectionsCheckingInterval: 2000 };
    const http = serve({ fetch: server.app.fetch, hostname: host, port, serverOptions }, (address) => {
      const shown = host.includes(":") ? `[${host}]` : host;
      resolve({
        host,
        port: address.port,
        url: `http://${shown}:${address.port}`,
        async close() {
          const closed = new Promise<void>((done) => http.close(() => done()));
          await server.stop();
          http.closeIdleConnections();
          const last = setTimeout(() => http.closeAllConnections(), 1000);
          await closed;
          clearTimeout(last);
        },
      });
    }) as Server;
    http.on("clientError", refuseUnread);
    http.headersTimeout = Math.min(10_000, bodyMs);
    http.requestTimeout = bodyMs + 5000;
    http.once("error", (error: NodeJS.ErrnoException) =>
      reject(new ExpectedError(`port: expected a free one, got ${port} (${portProblem(error)})`, { cause: error })),
    );
  });
}

function portProblem(error: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: "another program listens there",
    EACCES: "no permission to listen there",
    EADDRNOTAVAIL: "this machine has no such address",
    ENOTFOUND: "no such host",
  };
  return words[error.code ?? ""] ?? error.message;
}
