/**
 * Schemas without compiled code, which a strict Content-Security-Policy forbids. Pages and workers import it before anything else, and zod reads it
 * (`globalConfig`) when a part that has schemas is loaded, so that a page itself need not load zod.
 */
const settings: { __zod_globalConfig?: { jitless: boolean } } = globalThis as never;
settings.__zod_globalConfig = { jitless: true };
