/**
 * Schemas without compiled code, which the server's Content-Security-Policy forbids. The page imports it before anything else and zod reads
 * it (`globalConfig`) when a part that has schemas is loaded, so that the page itself need not load zod.
 */
const settings: { __zod_globalConfig?: { jitless: boolean } } = globalThis as never;
settings.__zod_globalConfig = { jitless: true };
