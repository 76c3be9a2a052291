/** Generation and the tasks around it, as event streams over opened networks. */

export * from "./best-of.ts";
export * from "./class-choice.ts";
export * from "./edit.ts";
export * from "./edit-event.ts";
export * from "./edit-settings.ts";
export * from "./flexvar.ts";
export * from "./large.ts";
export * from "./large-settings.ts";
export * from "./likelihood.ts";
export * from "./networks.ts";
export * from "./picture-settings.ts";
export * from "./programs.ts";
export * from "./refine.ts";
export * from "./sample.ts";
