/** Numbers of the zip format (PKZIP APPNOTE 6.3, sections 4.3 to 4.5) that the reader and the writer share. */
export const localSignature = 0x04034b50;
export const centralSignature = 0x02014b50;
export const endSignature = 0x06054b50;
export const end64Signature = 0x06064b50;
export const end64LocatorSignature = 0x07064b50;

export const localBytes = 30;
export const centralBytes = 46;
export const endBytes = 22;
export const end64Bytes = 56;
export const end64LocatorBytes = 20;

/** A 16- or 32-bit field with this value refers to the zip64 record. */
export const max16 = 0xffff;
export const max32 = 0xffffffff;
export const zip64ExtraId = 1;

/** One record of an archive, its place checked against the archive's bounds and against every other record. */
export interface ZipEntry {
  readonly name: string;
  /** Stored as it is, or deflated. */
  readonly method: "stored" | "deflated";
  /** CRC-32; undefined where a reader knows that none was computed, and nothing is compared. */
  readonly crc: number | undefined;
  readonly compressedSize: number;
  readonly size: number;
  /** Where the record's bytes begin in the file. */
  readonly offset: number;
}
