// The icon sets: which drawing shows which emoji, and its SVG.

import { existsSync, readFileSync } from "node:fs";
import { normalise } from "./emoji.mjs";

/**
 * A set of drawings; its place in this list is its style's number. `codes` names the package whose table of code points
 * applies: the two Fluent sets use the same icon names, and only the flat one carries the table. Sets without a table
 * name their icons by the Unicode label.
 * @type {ReadonlyArray<{ name: string, package: string, codes?: string }>}
 */
export const SETS = [
  { name: "noto", package: "@iconify-json/noto", codes: "@iconify-json/noto" },
  { name: "fluent", package: "@iconify-json/fluent-emoji", codes: "@iconify-json/fluent-emoji-flat" },
  { name: "fluent-flat", package: "@iconify-json/fluent-emoji-flat", codes: "@iconify-json/fluent-emoji-flat" },
  { name: "noto-v1", package: "@iconify-json/noto-v1" },
  { name: "twemoji", package: "@iconify-json/twemoji", codes: "@iconify-json/twemoji" },
  { name: "emojione", package: "@iconify-json/emojione" },
  { name: "streamline", package: "@iconify-json/streamline-emojis" },
];

/**
 * @typedef {{ set: string, icon: string, code: string, svg: string }} Drawing
 * @typedef {{ drawings: Drawing[], unmapped: { set: string, icon: string }[] }} SetContents
 */

/**
 * Reads one set: every visible icon with a code, and the names of those without.
 * @param {string} packages the folder of installed packages
 * @param {{ name: string, package: string, codes?: string }} set
 * @param {ReadonlyMap<string, string>} codeOfSlug code points by `slugOf` of the Unicode label
 * @returns {SetContents}
 */
export function readSet(packages, set, codeOfSlug) {
  const icons = readJson(`${packages}/${set.package}/icons.json`);
  const codeOfIcon = set.codes === undefined ? codeOfSlug : codesOf(packages, set.codes);
  /** @type {SetContents} */
  const contents = { drawings: [], unmapped: [] };
  for (const icon of [...Object.keys(icons.icons), ...Object.keys(icons.aliases ?? {})]) {
    const drawing = resolve(icons, icon);
    // Several drawings of one emoji are numbered: the first one is taken.
    const code = codeOfIcon.get(icon) ?? codeOfIcon.get(icon.replace(/-1$/, ""));
    if (code !== undefined) contents.drawings.push({ set: set.name, icon, code, svg: svgOf(drawing) });
    else if (!drawing.hidden && icons.icons[icon]) contents.unmapped.push({ set: set.name, icon });
  }
  return contents;
}

/** @param {string} packages @param {string} name @returns {Map<string, string>} */
function codesOf(packages, name) {
  const codes = readJson(`${packages}/${name}/chars.json`);
  return new Map(Object.entries(codes).map(([code, icon]) => [icon, normalise(code)]));
}

/** @param {string} path */
function readJson(path) {
  if (!existsSync(path)) throw new Error(`emoji sets: expected ${path}; run "npm ci --prefix recipes/emoji" first`);
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * An icon with the set's defaults and, for an alias, its parent's drawing and its own mirroring.
 * @param {any} icons
 * @param {string} name
 * @returns {{ body: string, left: number, top: number, width: number, height: number, hFlip: boolean, hidden: boolean }}
 */
function resolve(icons, name) {
  const own = icons.icons[name] ?? icons.aliases[name];
  const parent = own.parent === undefined ? {} : resolve(icons, own.parent);
  const size = { left: 0, top: 0, width: icons.width ?? 16, height: icons.height ?? 16, hidden: false };
  return { ...size, ...parent, ...own, hFlip: Boolean(parent.hFlip) !== Boolean(own.hFlip) };
}

/** @param {ReturnType<typeof resolve>} icon */
function svgOf({ body, left, top, width, height, hFlip }) {
  const side = Math.max(width, height);
  const x = left - (side - width) / 2;
  const y = top - (side - height) / 2;
  const drawing = hFlip ? `<g transform="translate(${2 * left + width} 0) scale(-1 1)">${body}</g>` : body;
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${side}" height="${side}" viewBox="${x} ${y} ${side} ${side}">${drawing}</svg>`;
}
