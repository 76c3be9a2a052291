/** Output name to source file. */
export type Entries = Readonly<Record<string, string>>;
export function findEntries(): { readonly node: Entries; readonly web: Entries };
export function bundle(entries: { readonly node: Entries; readonly web: Entries }, outDir: string): Promise<void>;
