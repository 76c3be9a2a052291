export function hasStudio(): boolean;
export function studioSources(): Promise<string[]>;
export function bundleStudio(outDir: string): Promise<void>;
