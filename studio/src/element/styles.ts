/** The studio's styles, inside an element: its root stands for the page, and its size for the window's. */
import base from "../styles/base.css?inline";
import controls from "../styles/controls.css?inline";
import create from "../styles/create.css?inline";
import documents from "../styles/documents.css?inline";
import editor from "../styles/editor.css?inline";
import forcedColors from "../styles/forced-colors.css?inline";
import layout from "../styles/layout.css?inline";
import own from "./element.css?inline";

const inElement = (css: string): string =>
  css
    .replaceAll(/:root(\[[^[\]]*\])/g, ":host($1)")
    .replaceAll(":root", ":host")
    .replaceAll(/@media\s*\((max-width|min-width|width)/g, "@container ($1")
    .replaceAll(/(\d)dvh\b/g, "$1cqh");

/** One sheet for the element's shadow root, which no rule about inline styles of a page forbids. */
export function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  const studio = [base, controls, layout, create, editor, documents, forcedColors].map(inElement);
  sheet.replaceSync([...studio, own].join("\n"));
  return sheet;
}
