import { CheckpointError } from "./error.ts";
import type { PickleObject } from "./pickle-values.ts";
import { gather, isContiguous } from "./strides.ts";
import { countElements, itemSizeOf, type StoredDType, type TensorEntry } from "./types.ts";

/** A storage: one record of the archive. It is read lazily, and its CRC-32 is checked before any byte is handed out. */
export interface PthStorage extends PickleObject {
  readonly pickleKind: "storage";
  /** File and record, for messages. */
  readonly where: string;
  readonly dtype: StoredDType;
  /** Elements. */
  readonly length: number;
  readonly path: string | undefined;
  /** Where the record's bytes begin in the file. */
  readonly fileOffset: number;
  /** Bytes of the storage. */
  readRange(offset: number, length: number): Promise<Uint8Array>;
}

/** PyTorch's own limit on dimensions. */
const mostDimensions = 64;

/** A tensor of a `.pth` file: a view of a storage. Views may overlap and need not be contiguous; what is read is. */
export class PthTensor implements TensorEntry, PickleObject {
  readonly pickleKind = "tensor";
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: number[];
  readonly byteLength: number;
  readonly location?: { readonly path: string; readonly offset: number };
  readonly #storage: PthStorage;
  readonly #strides: readonly number[];
  readonly #offset: number;

  /** `offset` and `strides` count elements. @throws CheckpointError when an element would lie outside the storage. */
  constructor(name: string, storage: PthStorage, offset: number, shape: number[], strides: readonly number[]) {
    const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
    if (!isCount(offset) || ![...shape, ...strides].every(isCount) || shape.length !== strides.length) {
      throw new CheckpointError(
        storage.where,
        "sizes, strides and offset from 0",
        `[${shape}], [${strides}], ${offset}`,
      );
    }
    if (shape.length > mostDimensions) {
      throw new CheckpointError(storage.where, `at most ${mostDimensions} dimensions`, `${shape.length}`);
    }
    const count = countElements(shape);
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i]!, offset);
    const end = count === 0 ? offset : last + 1;
    if (!Number.isSafeInteger(count) || !Number.isSafeInteger(end) || end > storage.length) {
      const got = `a view of ${end} ([${shape}], strides [${strides}], offset ${offset})`;
      throw new CheckpointError(storage.where, `elements inside a storage of ${storage.length}`, got);
    }
    this.name = name;
    this.dtype = storage.dtype;
    this.shape = shape;
    this.byteLength = count * itemSizeOf(storage.dtype);
    this.#storage = storage;
    this.#strides = strides;
    this.#offset = offset;
    if (storage.path !== undefined && isContiguous(shape, strides)) {
      this.location = { path: storage.path, offset: storage.fileOffset + offset * itemSizeOf(storage.dtype) };
    }
  }

  /** The same tensor under another name. */
  named(name: string): PthTensor {
    return new PthTensor(name, this.#storage, this.#offset, this.shape, this.#strides);
  }

  async read(): Promise<Uint8Array> {
    const itemSize = itemSizeOf(this.dtype);
    const start = this.#offset * itemSize;
    if (this.byteLength === 0) return new Uint8Array(0);
    if (isContiguous(this.shape, this.#strides)) return this.#storage.readRange(start, this.byteLength);
    const span = this.shape.reduce((sum, size, i) => sum + (size - 1) * this.#strides[i]!, 1);
    const bytes = await this.#storage.readRange(start, span * itemSize);
    return gather(bytes, this.shape, this.#strides, itemSize);
  }
}
