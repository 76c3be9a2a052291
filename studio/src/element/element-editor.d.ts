/** What the build makes of editor.tsx (scripts/lib/element.mjs). */
export declare function createEditorModule(): Pick<typeof import("./editor.tsx"), "mountEditor">;
