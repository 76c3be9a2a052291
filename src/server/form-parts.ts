/** The parts of a multipart form (RFC 7578) as they arrive. */
import { getMultipartBoundary, MultipartParseError, MultipartParser } from "@remix-run/multipart-parser";
import { ApiError } from "./errors.ts";

/** One part: its name as sent, and what it holds. */
export interface FormPart {
  readonly key: string;
  readonly isFile: boolean;
  readonly bytes: Buffer;
}

const MOST_PARTS = 10_000;
/** Bytes before the content of one part: its name, its file's name and its type. */
const LONGEST_HEADER = 4096;
/** As RFC 2046, section 5.1.1 has it. */
const LONGEST_BOUNDARY = 70;

/** The parts of a form. @throws ApiError 400 for what is no form */
export async function* formParts(blocks: AsyncIterable<Uint8Array>, type: string): AsyncGenerator<FormPart> {
  const boundary = getMultipartBoundary(type.slice(0, 1000))?.trim() ?? "";
  if (boundary === "" || boundary.length > LONGEST_BOUNDARY)
    throw refused(`a multipart form with a boundary of 1 to ${LONGEST_BOUNDARY} characters`, "another");
  const parser = new MultipartParser(boundary, {
    maxHeaderSize: LONGEST_HEADER,
    maxParts: MOST_PARTS,
    // The body has its own limit.
    maxFileSize: Number.MAX_SAFE_INTEGER,
    maxTotalSize: Number.MAX_SAFE_INTEGER,
  });
  try {
    for await (const block of withTail(blocks))
      for (const { name, isFile, content } of parser.write(block)) {
        if (name === undefined) throw refused("a name for every part of the form", "none");
        yield { key: name, isFile, bytes: Buffer.concat(content) };
      }
    parser.finish();
  } catch (error) {
    if (error instanceof MultipartParseError || isNoText(error)) throw refused("a multipart form", "something else");
    throw error;
  }
}

/** Blocks with the last two as one: the parser refuses a block that holds nothing but what follows the form's end. */
async function* withTail(blocks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let before: Uint8Array | undefined;
  let last: Uint8Array | undefined;
  for await (const block of blocks) {
    if (before !== undefined) yield before;
    before = last;
    last = block;
  }
  yield Buffer.concat([before, last].filter((block) => block !== undefined));
}

/** Whether the parser met a header that is not UTF-8. */
const isNoText = (error: unknown): boolean =>
  error instanceof TypeError && "code" in error && error.code === "ERR_ENCODING_INVALID_ENCODED_DATA";

function refused(expected: string, got: string): ApiError {
  return new ApiError(400, `body: expected ${expected}, got ${got}`, { code: "invalid_form" });
}
