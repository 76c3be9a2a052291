import type { Block, Cell, Picture, ReportDocument, Section, Table } from "./document.ts";
import { html, Markup } from "./markup.ts";
import { plotFigure } from "./plot.ts";
import { reportStyle } from "./style.ts";

/**
 * The report as one page that needs nothing else: styles, plots and pictures are inside, there is no script, and the page
 * forbids itself to load anything. Texts may hold any characters.
 */
export function renderReport({ title, summary, warnings = [], sections }: ReportDocument): string {
  const contents = sections.length > 2;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Markup(reportStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${summary !== undefined && html`<p class="summary">${summary}</p>`}
${warnings.length > 0 && html`<div class="warnings" role="note"><strong>Read with care</strong><ul>${warnings.map((text) => html`<li>${text}</li>`)}</ul></div>`}
${contents && html`<nav aria-label="Sections"><ul>${sections.map((s, i) => html`<li><a href="#section-${i + 1}">${s.title}</a></li>`)}</ul></nav>`}
</header>
<main>
${sections.map(section)}
</main>
</body>
</html>
`;
  return page.text;
}

function section({ title, blocks }: Section, index: number): Markup {
  const id = `section-${index + 1}`;
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${blocks.map(block)}
</section>
`;
}

function block(b: Block): Markup {
  switch (b.kind) {
    case "prose":
      return html`<p>${b.text}</p>`;
    case "facts":
      return html`<dl>${b.rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
    case "table":
      return table(b.table);
    case "plots":
      return html`<div class="plots">${b.plots.map(plotFigure)}</div>`;
    case "pictures":
      return html`<div class="pictures">${b.pictures.map(picture)}</div>`;
  }
}

/** A table that scrolls on its own where it is wider than the page. */
function table({ caption, columns, rows }: Table): Markup {
  const side = (i: number) => (columns[i]?.numeric ? "number" : "words");
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
<table><caption>${caption}</caption>
<thead><tr>${columns.map((c, i) => html`<th scope="col" class="${side(i)}">${c.name}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ cells, best = [] }) =>
      html`<tr>${cells.map((cell, i) =>
        i === 0
          ? html`<th scope="row" class="${side(i)}">${shownCell(cell)}</th>`
          : html`<td class="${side(i)}">${shownCell(cell, best.includes(i))}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`;
}

function shownCell(cell: Cell, best = false): Markup {
  const { text, detail } = typeof cell === "string" ? { text: cell, detail: "" } : cell;
  return html`${best ? html`<strong>${text}</strong>` : text}${detail !== "" && html` <small>${detail}</small>`}`;
}

function picture({ png, width, height, alt, caption, scale = 1 }: Picture): Markup {
  const data = Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString("base64");
  return html`<figure class="picture"><img src="data:image/png;base64,${new Markup(data)}" width="${width * scale}" height="${height * scale}" alt="${alt}"${scale > 1 && html` class="enlarged"`}><figcaption>${caption}</figcaption></figure>`;
}
