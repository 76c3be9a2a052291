// A lock between processes, made of one folder that appears and disappears by rename.
import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const POLL_MS = 150;
const TAKEN = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

/**
 * Runs `task` while holding the lock folder `path`; others wait their turn.
 * A lock left by a process that no longer runs is taken over.
 * The folder always holds its owner file, because a filled folder is renamed into place: there is no half-made lock.
 */
export async function withLock(path, task, { timeoutMs = 15 * 60_000 } = {}) {
  const token = randomUUID();
  await acquire(path, token, Date.now() + timeoutMs);
  try {
    return await task();
  } finally {
    await release(path, token);
  }
}

async function acquire(path, token, deadline) {
  const mine = `${path}.${token}`;
  await mkdir(mine, { recursive: true });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(join(mine, "owner.json"), JSON.stringify({ pid: process.pid, token }));
  for (;;) {
    if (await renameOnto(mine, path)) return;
    const owner = await ownerOf(path);
    if (owner !== undefined && !isAlive(owner.pid)) {
      await takeOver(path, owner.token);
      continue;
    }
    if (Date.now() > deadline) {
      await rm(mine, { recursive: true, force: true });
      throw new Error(`lock: expected ${path} to become free, still held by process ${owner?.pid ?? "unknown"}`);
    }
    await new Promise((done) => setTimeout(done, POLL_MS));
  }
}

async function release(path, token) {
  const gone = `${path}.${token}`;
  await rename(path, gone);
  await rm(gone, { recursive: true, force: true });
}

/** Renames a filled folder onto a free name; false when the name is taken by another filled folder. */
async function renameOnto(from, to) {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (TAKEN.has(error.code)) return false;
    throw error;
  }
}

/**
 * Moves a dead owner's lock to a name of that owner. The moved folder stays, so that a second process that
 * saw the same dead owner cannot move the next owner's lock there: its rename meets a filled folder and fails.
 */
async function takeOver(path, deadToken) {
  try {
    await renameOnto(path, `${path}.dead.${deadToken}`);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}

async function ownerOf(path) {
  try {
    return JSON.parse(await readFile(join(path, "owner.json"), "utf8"));
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
