export { pictureFormat } from "./format.ts";
export * from "./pixels.ts";
export { type PngTextLimits, readPngText } from "./png-read.ts";
export { encodePng, type PngText } from "./png-write.ts";
export * from "./resize.ts";
export * from "./settings.ts";
export { contactSheet, type SheetOptions } from "./sheet.ts";
