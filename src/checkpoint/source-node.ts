/**
 * All contact of this folder with the file system. Node's modules are asked of the process on first use and never imported,
 * so that browsers and their bundlers may import this file.
 */
import type { FileHandle } from "node:fs/promises";
import { readProblem, replaceByDraft, writeProblem } from "../files/web.ts";
import { CheckpointError } from "./error.ts";
import { type ByteSink, type ByteSource, checkRange, orClose } from "./source.ts";

/** One system call moves less than 2 GiB. */
const mostPerCall = 1 << 28;
const bufferBytes = 1 << 20;

/** Node's file functions; an error in words where there are none. */
function fileSystem(path: string) {
  const builtin = typeof process === "undefined" ? undefined : process.getBuiltinModule;
  if (builtin === undefined) throw new CheckpointError(path, "bytes (there are no files here)", "a path");
  return { ...builtin("node:fs/promises"), ...builtin("node:path"), constants: builtin("node:fs").constants };
}

/** Opens a file for reading by ranges. Errors: the path is missing, unreadable or not a plain file. */
export async function openFile(path: string): Promise<ByteSource> {
  const { open, constants } = fileSystem(path);
  let file: FileHandle;
  try {
    // Without waiting for a pipe's other end, which is refused below.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new CheckpointError(path, "a readable file", readProblem(error), { cause: error });
  }
  const stat = await file.stat();
  if (!stat.isFile()) {
    await file.close();
    const found = stat.isDirectory()
      ? "a folder"
      : "a pipe or device, which cannot be read in any order (save it to a file)";
    throw new CheckpointError(path, "a file", found);
  }
  const source = { name: path, path, size: stat.size };
  return {
    ...source,
    async read(offset, length) {
      checkRange(source, offset, length);
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, Math.min(mostPerCall, length - done), offset + done);
        if (bytesRead === 0) throw new CheckpointError(path, `${source.size} bytes`, `an end at byte ${offset + done}`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

/** Opens a file of the same folder. */
export function openBeside(path: string, name: string): Promise<ByteSource> {
  const { dirname, join } = fileSystem(path);
  return openFile(join(dirname(path), name));
}

/** Runs `use` on the source behind a path, or on a source handed in; closes what it opened when `use` fails. */
export async function withSource<T>(input: string | ByteSource, use: (source: ByteSource) => Promise<T>): Promise<T> {
  return typeof input === "string" ? orClose(await openFile(input), use) : use(input);
}

function fileSink(file: FileHandle): ByteSink & { flush(): Promise<void> } {
  const buffer = new Uint8Array(bufferBytes);
  let buffered = 0;
  let position = 0;
  const writeAt = async (bytes: Uint8Array, offset: number) => {
    for (let done = 0; done < bytes.byteLength; ) {
      const length = Math.min(mostPerCall, bytes.byteLength - done);
      done += (await file.write(bytes, done, length, offset + done)).bytesWritten;
    }
  };
  const flush = async () => {
    await writeAt(buffer.subarray(0, buffered), position - buffered);
    buffered = 0;
  };
  return {
    get position() {
      return position;
    },
    async write(bytes) {
      if (buffered + bytes.byteLength > bufferBytes) await flush();
      if (bytes.byteLength >= bufferBytes) await writeAt(bytes, position);
      else {
        buffer.set(bytes, buffered);
        buffered += bytes.byteLength;
      }
      position += bytes.byteLength;
    },
    async patch(offset, bytes) {
      checkRange({ name: "patch", size: position }, offset, bytes.byteLength);
      await flush();
      await writeAt(bytes, offset);
    },
    flush,
  };
}

/**
 * Writes a file whole or not at all: into a temporary file of the same folder, flushed to the disk, then renamed
 * over `path`. On any error the temporary file is removed and an earlier file at `path` stays as it was.
 * Errors of the file system (missing folder, full disk) come as `CheckpointError`; those of `write` pass through.
 */
export async function writeAtomically(path: string, write: (sink: ByteSink) => Promise<void>): Promise<void> {
  const { open, stat, dirname } = fileSystem(path);
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile())
    throw new CheckpointError(path, "a place to write", there.isDirectory() ? "a folder" : "a pipe or device");
  try {
    await replaceByDraft(path, async (draft) => {
      const file = await open(draft, "wx");
      try {
        const sink = fileSink(file);
        await write(sink);
        await sink.flush();
        await file.sync();
      } finally {
        await file.close();
      }
    });
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw new CheckpointError(path, "a place to write", writeProblem(error), { cause: error });
    }
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the rename durable where the platform lets a folder be synced; elsewhere there is nothing to do. */
async function syncFolder(folder: string): Promise<void> {
  const { open } = fileSystem(folder);
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
