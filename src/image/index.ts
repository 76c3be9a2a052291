export { zlibCompress } from "./deflate.ts";
export { foreignFormat, PICTURE_FORMATS, type PictureFormat, pictureFormat } from "./format.ts";
export * from "./pixels.ts";
export { isPng, type PngTextLimits, readPngText } from "./png-read.ts";
export { encodePng, type PngText } from "./png-write.ts";
export * from "./resize.ts";
export * from "./settings.ts";
export { contactSheet, type SheetOptions } from "./sheet.ts";
