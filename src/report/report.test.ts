import { describe, expect, test } from "vitest";
import { exampleResult } from "../../test/support/example-result.ts";
import { metricNames } from "../evaluate/index.ts";
import { encodePng } from "../image/index.ts";
import {
  evaluationSections,
  type Picture,
  plotsDrawing,
  protocolSection,
  renderReport,
  sweepSection,
} from "./index.ts";
import { escapeText, html, type Part } from "./markup.ts";
import { niceTicks, shownDifference, shownNumber } from "./numbers.ts";
import { plotFigure } from "./plot.ts";

const HOSTILE = `</script><script>alert(1)</script>"><img src=x onerror='alert(2)'>&\u0000`;

const picture = (text: string): Picture => ({
  png: encodePng({ data: new Uint8Array(12).fill(200), width: 2, height: 2 }),
  width: 2,
  height: 2,
  alt: text,
  caption: text,
  scale: 2,
});

describe("markup", () => {
  test("escapes what is put in and lets markup through", () => {
    expect(escapeText(`<a href="x">&'\u0007`)).toBe("&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd");
    const list: Part[] = ["<", html`<b>${"&"}</b>`, 3, null, false];
    expect(html`<p class="${'"'}">${list}</p>`.text).toBe('<p class="&quot;">&lt;<b>&amp;</b>3</p>');
  });
});

describe("numbers", () => {
  test("are shown with the digits that say something", () => {
    const shown = [0, 0.00012, -0.00001, 0.1234, 5.4321, 12.345, 1234.5, Infinity].map((value) => shownNumber(value));
    expect(shown).toEqual(["0.0000", "0.00012", "−1.00e−5", "0.1234", "5.432", "12.35", "1235", "∞"]);
    const changes = [shownDifference(0.033, "share"), shownDifference(-0.5), shownDifference(0)];
    expect(changes).toEqual(["+3.3 points", "−0.5000", "0.0000"]);
    expect([shownNumber(0.8956, "share"), shownNumber(27.412, "decibel")]).toEqual(["89.6 %", "27.41 dB"]);
  });

  test("ticks are round, inside the range and about as many as asked", () => {
    expect(niceTicks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(niceTicks(0.131, 0.149, 4)).toEqual([0.135, 0.14, 0.145]);
    expect(niceTicks(-3, 41, 5)).toEqual([0, 10, 20, 30, 40]);
    expect(niceTicks(2, 2, 5)).toEqual([2]);
  });
});

describe("plotFigure", () => {
  const plot = {
    title: "FID",
    x: { name: "Guidance", values: ["1", "2", "4"] },
    format: "number" as const,
    series: [
      { name: "fixed", points: [{ value: 10, interval: [9, 11] as const }, null, { value: 20, interval: null }] },
      { name: "learned", points: [null, null, null] },
    ],
  };

  test("places numbers by value, says them in its label, and leaves gaps out", () => {
    const { text } = plotFigure(plot);
    expect(text).toContain(
      'aria-label="FID by Guidance. fixed: 1: 10.00; 2: none; 4: 20.00. learned: 1: none; 2: none; 4: none."',
    );
    const centres = [...text.matchAll(/<circle class="point" cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    // The legend's mark comes first.
    expect(centres).toHaveLength(3);
    expect(centres[1]![0]).toBeLessThan(centres[2]![0]!);
    expect(centres[1]![1]).toBeGreaterThan(centres[2]![1]!);
    expect(text.match(/class="bar"/g)).toHaveLength(1);
    const labels = [...text.matchAll(/text-anchor="middle" x="([\d.]+)" y="[\d.]+">(\d)</g)].map(([, x]) => Number(x));
    // 1, 2 and 4 stand a third of the way apart.
    expect((labels[1]! - labels[0]!) / (labels[2]! - labels[0]!)).toBeCloseTo(1 / 3, 3);
  });

  test("draws lists and sizes at even places, and no NaN whatever comes", () => {
    const values = ["1,2,3,4,6,8,12,16", "64x128", ""];
    const odd = { value: Number.POSITIVE_INFINITY, interval: null };
    const texts = [
      plotFigure({ ...plot, x: { name: "Scales", values } }),
      plotFigure({ ...plot, x: { name: "", values: ["1"] }, series: [{ name: "", points: [odd] }] }),
    ];
    for (const { text } of texts) expect(text).not.toMatch(/NaN|Infinity|undefined/);
    expect(texts[0]!.text).toContain("rotate(");
  });
});

describe("renderReport", () => {
  const result = exampleResult({ fid: 12.3, class_accuracy: 0.81, kid: 0.0004 });
  const sections = [
    ...evaluationSections(result),
    sweepSection({
      option: "Guidance",
      points: [
        { value: "1", result, sheet: picture("drawn at 1") },
        { value: "2", result: exampleResult({ fid: 9.5, class_accuracy: 0.7 }) },
      ],
    }),
    protocolSection({ ...result, pictures: { ...result.pictures, record: '{"top_k":60,"size":"8x8","greedy":null}' } }),
  ];

  test("is one page that loads nothing, with every number, reason and hash in it", () => {
    const page = renderReport({
      title: "An evaluation",
      summary: "Of two sets.",
      warnings: ["few pictures"],
      sections,
    });
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    for (const text of [
      "12.30",
      "11.07 to 13.53",
      "81.0 %",
      "these features have no spatial part",
      "few pictures",
      "shirt",
      "coat (3)",
      "1".repeat(64),
      "<dd>top k: 60; size: 8x8</dd>",
    ])
      expect(page).toContain(text);
    expect(page).not.toMatch(/<script|<link|@import|url\(|\son\w+=|https?:/);
    for (const [, source] of page.matchAll(/\ssrc="([^"]*)"/g))
      expect(source).toMatch(/^data:image\/png;base64,[\w+/]+=*$/);
    expect([...page.matchAll(/<img [^>]*alt="([^"]*)"/g)].map(([, alt]) => alt)).toEqual(["drawn at 1"]);
    // The lower FID and the higher accuracy are set apart.
    expect(page).toContain("<strong>9.500</strong> <small>8.550 to 10.45</small>");
    expect(page).toContain("<strong>81.0 %</strong> <small>72.9 % to 89.1 %</small>");
    // One heading for each section, and links that lead to them.
    for (const [i] of sections.entries())
      expect(page).toContain(`<section id="section-${i + 1}" aria-labelledby="section-${i + 1}-title">`);
    expect(page.match(/<h1>/g)).toHaveLength(1);
  });

  test("lets no text out of its place", () => {
    const evil = {
      ...exampleResult({ fid: 1 }),
      missing: { sfid: HOSTILE },
      protocol: { features: HOSTILE, features_hash: HOSTILE, resize: HOSTILE, size: HOSTILE, preparation: HOSTILE },
      classes: [{ label: HOSTILE, pictures: 1, correct: 0, taken_for: { label: HOSTILE, pictures: 1 } }],
      versions: { [HOSTILE]: HOSTILE },
    };
    const page = renderReport({
      title: HOSTILE,
      summary: HOSTILE,
      warnings: [HOSTILE],
      sections: [
        ...evaluationSections(evil),
        sweepSection({ option: HOSTILE, points: [{ value: HOSTILE, result: evil, sheet: picture(HOSTILE) }] }),
        protocolSection({ ...evil, pictures: { ...evil.pictures, path: HOSTILE, record: HOSTILE } }),
        { title: HOSTILE, blocks: [{ kind: "prose", text: HOSTILE }] },
      ],
    });
    // Tags that hold no text from outside, and quotes that all close.
    const tags = page.replace(/<style>.*<\/style>/s, "").match(/<[^>]*>/g)!;
    for (const tag of tags)
      expect(tag.replace(/"[^"]*"/g, '""')).toMatch(/^<!?\/?[a-z][a-z0-9]*( [a-z][a-zA-Z0-9-]*(="")?)*\/?>$/);
    const names = new Set(tags.map((tag) => /^<!?\/?([a-z0-9]+)/.exec(tag)![1]));
    expect(names.has("script")).toBe(false);
    expect(page).not.toContain("<img src=x");
    expect(page).not.toContain("\u0000");
    expect(page.split("alert(1)").length).toBeGreaterThan(20);
  });
});

test("plots alone are one SVG file that loads nothing, with legends and safe texts", () => {
  const point = (value: number) => ({ value, interval: [value - 1, value + 1] as const });
  const x = { name: "Steps", values: ["4", "8"] };
  const series = [HOSTILE, "learned"].map((name) => ({ name, points: [point(2), point(3)] }));
  const one = { title: "FID", note: "lower is better", x, format: "number" as const, series: series.slice(1) };
  const drawing = plotsDrawing(HOSTILE, [one, one, one, { ...one, series }]);
  expect(drawing).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 1176 \d+"/);
  expect(drawing.match(/class="title"/g)).toHaveLength(4);
  // Names stand beside marks only where there are several.
  expect(drawing.match(/y="10">learned</g)).toHaveLength(1);
  expect(drawing).not.toMatch(/<script|<img|NaN|undefined|href|url\(/);
});

test("every metric has a name and a meaning", async () => {
  const { metricInfo } = await import("./index.ts");
  expect(Object.keys(metricInfo)).toEqual([...metricNames]);
});
