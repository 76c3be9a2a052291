import type { Plot } from "./document.ts";
import { html, Markup } from "./markup.ts";
import { description, legendMark, PLOT_WIDTH, plotContent } from "./plot.ts";
import { drawingStyle } from "./style.ts";

const COLUMNS = 3;
const GAP = 24;
const HEAD = 30;
const LEGEND = 20;
const LETTER = 7.5;

/** Plots as one SVG file, three a row, for pages that show pictures only. Light and dark as the reader has it. */
export function plotsDrawing(title: string, plots: readonly Plot[]): string {
  const columns = Math.min(COLUMNS, Math.max(1, plots.length));
  const drawn = plots.map((plot) => ({
    plot,
    ...plotContent(plot),
    head: HEAD + (plot.series.length > 1 ? LEGEND : 0),
  }));
  const cells: Markup[] = [];
  let top = GAP;
  for (let from = 0; from < drawn.length; from += columns) {
    const row = drawn.slice(from, from + columns);
    row.forEach(({ plot, content, head }, column) => {
      const at = `translate(${GAP + column * (PLOT_WIDTH + GAP)} ${top})`;
      cells.push(html`<g transform="${at}">${heading(plot)}<g transform="translate(0 ${head})">${content}</g></g>\n`);
    });
    top += Math.max(...row.map(({ height, head }) => height + head)) + GAP;
  }
  const width = GAP + columns * (PLOT_WIDTH + GAP);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${top}" width="${width}" height="${top}" role="img">
<title>${title}</title>
<desc>${plots.map(description).join(" ")}</desc>
<style>${new Markup(drawingStyle)}</style>
<rect class="ground" width="${width}" height="${top}"/>
${cells}</svg>
`.text;
}

/** Title, which way is better, and the names of several series. */
function heading({ title, note, series }: Plot): Markup {
  const names = series.map((s, i) => {
    const before = series.slice(0, i).reduce((sum, { name }) => sum + name.length * LETTER + 50, 0);
    return html`<g transform="translate(${before} 24)">${legendMark(i)}<text class="said" x="34" y="10">${s.name}</text></g>`;
  });
  return html`<text class="title" y="14">${title}<tspan class="said" font-weight="400" dx="8">${note ?? ""}</tspan></text>${series.length > 1 && names}`;
}
