/** A server app on a port. */
import type { Server } from "node:http";
import { serve } from "@hono/node-server";
import type { ServerApp } from "./app.ts";

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Ends jobs as {@link ServerApp.stop} does, then closes the port. */
  close(): Promise<void>;
}

/** Listens until closed. `port` 0 takes a free one. @throws Error where the port cannot be had. */
export function listen(server: ServerApp, { host = "127.0.0.1", port = 0, bodyMs = 30_000 } = {}): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const http = serve({ fetch: server.app.fetch, hostname: host, port }, (address) => {
      const shown = host.includes(":") ? `[${host}]` : host;
      resolve({
        host,
        port: address.port,
        url: `http://${shown}:${address.port}`,
        async close() {
          const closed = new Promise<void>((done) => http.close(() => done()));
          await server.stop();
          http.closeIdleConnections();
          const last = setTimeout(() => http.closeAllConnections(), 2000);
          await closed;
          clearTimeout(last);
        },
      });
    }) as Server;
    http.headersTimeout = Math.min(10_000, bodyMs);
    http.requestTimeout = bodyMs + 5000;
    http.once("error", (error: NodeJS.ErrnoException) =>
      reject(new Error(`port: expected a free one, got ${port} (${error.code ?? error.message})`, { cause: error })),
    );
  });
}
