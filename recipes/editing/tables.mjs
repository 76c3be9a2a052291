// A report as Markdown.
import { markdownTable } from "../lib/numbers.mjs";

const DIGITS = { frechet: 3, feature_l2: 3, psnr: 2, seam: 2, cpu_ms: 2, side: 0, roughness: 2 };
const HEADINGS = {
  frechet: "Fréchet distance",
  feature_l2: "feature distance to the truth",
  psnr: "PSNR, dB",
  seam: "seam, × real",
  cpu_ms: "processor ms",
  side: "side, px",
  patch_frechet: "the same of 64 px patches",
  roughness: "roughness, × real",
};

/** One table a section, and which bars hold. */
export function asMarkdown({ sections }) {
  return Object.values(sections)
    .map(({ title, pictures, rows, bars }) => {
      const keys = Object.keys(Object.values(rows)[0]);
      const lines = [
        `### ${title}${pictures === undefined ? "" : ` (${pictures} held-out pictures)`}`,
        "",
        markdownTable(
          ["", ...keys.map((key) => HEADINGS[key] ?? key)],
          Object.entries(rows).map(([name, row]) => [name, ...keys.map((key) => row[key].toFixed(DIGITS[key] ?? 3))]),
        ),
        "",
        ...Object.entries(bars).map(([bar, holds]) => `- ${holds ? "holds" : "FAILS"}: ${bar}`),
        "",
      ];
      return lines.join("\n");
    })
    .join("\n");
}
