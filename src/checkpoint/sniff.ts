import { CheckpointError } from "./error.ts";
import type { ByteSource } from "./source.ts";
import { openFile } from "./source-node.ts";
import { readZip } from "./zip-read.ts";

/** Formats that a path may turn out to hold, in words. */
const FORMATS = {
  pth: "a PyTorch checkpoint (.pth, zip form)",
  "legacy-pickle": "a pickle of PyTorch before 1.6 (load it there and save it again with a newer torch.save)",
  safetensors: "a safetensors file",
  "shard-index": "the index of a sharded checkpoint",
  npz: "a NumPy archive (.npz)",
  npy: "a NumPy array (.npy)",
};

/** What a file may be instead. */
const OTHERS = {
  zip: "a zip archive of something else",
  "git-lfs": "a Git LFS pointer, not the file itself (run git lfs pull, or download the file)",
  html: "an HTML page (a download that went wrong?)",
  empty: "an empty file",
  unknown: "bytes of no known format",
};

type FileFormat = keyof typeof FORMATS;
type Sniffed = FileFormat | keyof typeof OTHERS;

/** What to tell people who have one. */
export const describeFormat = (format: Sniffed): string => ({ ...FORMATS, ...OTHERS })[format];

async function zipKind(source: ByteSource): Promise<Sniffed> {
  const names = [...(await readZip(source)).keys()];
  if (names.some((name) => /^[^/]+\/data\.pkl$/.test(name))) return "pth";
  return names.every((name) => name.endsWith(".npy")) ? "npz" : "zip";
}

function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  return length >= 2n && length <= BigInt(size - 8);
}

/** Hugging Face's libraries write the totals before the map, so the key may lie far in; indices are small. */
async function isShardIndex(source: ByteSource): Promise<boolean> {
  const text = new TextDecoder().decode(await source.read(0, Math.min(source.size, 64 << 20)));
  return /"weight_map"\s*:/.test(text);
}

/** Tells a format by the first bytes (and, for zip archives, the names of the records). */
async function sniff(source: ByteSource): Promise<Sniffed> {
  const head = await source.read(0, Math.min(source.size, 64));
  if (head.length === 0) return "empty";
  const text = String.fromCharCode(...head);
  if (text.startsWith("PK\x03\x04") || text.startsWith("PK\x05\x06")) return zipKind(source);
  if (text.startsWith("\x93NUMPY")) return "npy";
  if (isSafetensors(head, source.size)) return "safetensors";
  if (text.startsWith("version https://git-lfs")) return "git-lfs";
  if (/^\s*<(!doctype|html|\?xml|head)/i.test(text)) return "html";
  if (/^(\xef\xbb\xbf)?\s*\{/.test(text)) return (await isShardIndex(source)) ? "shard-index" : "unknown";
  if (head[0] === 0x80 && head[1]! >= 1 && head[1]! <= 5) return "legacy-pickle";
  return "unknown";
}

/** Names what a file is when its first bytes are those of another format than wanted. */
export async function refuseOtherFormats(source: ByteSource, wanted: "pth" | "safetensors" | "npz"): Promise<void> {
  const head = await source.read(0, Math.min(source.size, 4));
  const isZip = String.fromCharCode(...head).startsWith("PK");
  if (isZip && wanted !== "safetensors") return;
  const found = await sniff(source);
  if (found !== wanted && !(wanted === "safetensors" && found === "unknown")) {
    throw new CheckpointError(source.name, describeFormat(wanted), describeFormat(found));
  }
}

/**
 * The format of a file, by its content.
 * @throws CheckpointError for Git LFS pointers, HTML pages, empty files and all else, saying what it is.
 */
export async function detectFormat(input: string | ByteSource): Promise<FileFormat> {
  const source = typeof input === "string" ? await openFile(input) : input;
  try {
    const found = await sniff(source);
    if (found in FORMATS) return found as FileFormat;
    throw new CheckpointError(source.name, "a .pth, .safetensors, .npz or .npy file", describeFormat(found));
  } finally {
    if (typeof input === "string") await source.close();
  }
}
