// A NATS server of its own with JetStream, from Debian's package nats-server: started, killed, started again on what it kept.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findNatsServer } from "../../scripts/lib/tools.mjs";

const NATS_SERVER = findNatsServer();

/** Whether there is one. With FLEXVAR_REQUIRE_NATS set there has to be. */
export const hasNats = NATS_SERVER !== undefined || process.env.FLEXVAR_REQUIRE_NATS !== undefined;

/** @typedef {Awaited<ReturnType<typeof startNats>>} TestNats */

/**
 * Starts a server in a folder of its own.
 * @param {{ maxBytes?: number, config?: string, port?: number }} [options] most bytes that it keeps on disk; more lines of its configuration
 */
export async function startNats({ maxBytes, config = "", port: wanted } = {}) {
  if (NATS_SERVER === undefined) throw new Error("nats-server: expected Debian's package nats-server, got none");
  const program = NATS_SERVER;
  const folder = await mkdtemp(join(tmpdir(), "flexvar-nats-"));
  const port = wanted ?? (await freePort());
  const file = join(folder, "nats.conf");
  const limit = maxBytes === undefined ? "" : `max_file_store: ${maxBytes}\n`;
  const store = `jetstream {\n  store_dir: "${folder}/store"\n  ${limit}}\n`;
  await writeFile(file, `host: 127.0.0.1\nport: ${port}\n${store}${config}`);
  /** @type {import("node:child_process").ChildProcess | undefined} */
  let child;
  const start = async () => {
    child = spawn(program, ["-c", file], { stdio: "ignore" });
    await answering(port);
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    /** Process number. */
    pid: () => child?.pid,
    /** Ends it at once. */
    kill,
    /** Starts it again on what it kept. */
    start,
    /** Takes away what it kept; it must not be running. */
    lose: () => rm(`${folder}/store`, { recursive: true, force: true }),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {{ port: number }} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** @param {number} port */
async function answering(port) {
  for (let tries = 0; ; tries++) {
    const socket = connect(port, "127.0.0.1");
    try {
      await once(socket, "data");
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}
