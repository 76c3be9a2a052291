const light = `
--ground:#f6f5f1;--surface:#fff;--line:#dedbd2;--text:#1d1b18;--muted:#5f5b53;--accent:#3a2bb8;--care:#fdf1dc;--care-line:#b35c00;
--look0:#3a2bb8;--look1:#b35c00;--look2:#12714a;--look3:#a3276f`;

const dark = `
--ground:#131317;--surface:#1b1b21;--line:#3a3a45;--text:#efeef4;--muted:#b0aebd;--accent:#b9b2ff;--care:#33270f;--care-line:#f0b060;
--look0:#aaa1ff;--look1:#f0b060;--look2:#6fd6a1;--look3:#ff9bd0`;

/** Colours, dashes and letters of plots. */
const marks = `.look0{--c:var(--look0)}.look1{--c:var(--look1);--d:6 3}.look2{--c:var(--look2);--d:2 3}.look3{--c:var(--look3);--d:8 3 2 3}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-dasharray:var(--d,none)}
.bar{fill:none;stroke:var(--c);stroke-width:1.25;opacity:.75}
.point{fill:var(--c);stroke:var(--surface);stroke-width:1.5}
.grid{stroke:var(--line)}
.axis{stroke:var(--muted)}
.tick,.name{fill:var(--muted);font-size:12px;font-variant-numeric:tabular-nums}`;

/** The page's one style sheet: light and dark as the reader has it, one column on narrow screens, light on paper. */
export const reportStyle = `
:root{color-scheme:light;${light}}
@media (prefers-color-scheme:dark){:root{color-scheme:dark;${dark}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;overflow-wrap:anywhere}
header,main{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:32px}
h1{margin:0 0 8px;font-size:clamp(24px,4vw,34px);line-height:1.2;letter-spacing:-.01em;text-wrap:balance}
h2{margin:0 0 14px;font-size:20px;line-height:1.3}
p{max-width:72ch;margin:0 0 14px}
.summary{color:var(--muted);font-size:17px}
a{color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;margin:18px 0 0;padding:0;list-style:none}
.warnings{margin:16px 0 0;padding:12px 16px;border-left:4px solid var(--care-line);border-radius:6px;background:var(--care)}
.warnings ul{margin:4px 0 0;padding-left:20px}
section{margin:24px 0;padding:22px;border:1px solid var(--line);border-radius:14px;background:var(--surface)}
.scroll{overflow-x:auto;margin:0 0 18px;background:linear-gradient(90deg,var(--surface) 40%,transparent) 0 0/48px 100% local no-repeat,linear-gradient(270deg,var(--surface) 40%,transparent) 100% 0/48px 100% local no-repeat,linear-gradient(90deg,var(--line),transparent) 0 0/16px 100% scroll no-repeat,linear-gradient(270deg,var(--line),transparent) 100% 0/16px 100% scroll no-repeat}
.scroll:last-child{margin-bottom:0}
table{border-collapse:collapse;min-width:min(100%,420px);font-variant-numeric:tabular-nums}
caption{padding:0 0 8px;color:var(--muted);font-size:14px;text-align:left}
th,td{padding:7px 18px 7px 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:normal}
tr:last-child>*{border-bottom:0}
thead th{color:var(--muted);font-size:14px;font-weight:550;border-bottom-color:var(--muted)}
tbody th{font-weight:550}
small{display:block;color:var(--muted);font-size:13px;font-weight:400}
tbody th{min-width:10ch}
.number{text-align:right;white-space:nowrap}
th.number:first-child{text-align:left}
dl{display:grid;gap:8px 32px;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));margin:0 0 14px}
dt{color:var(--muted);font-size:14px}
dd{margin:0}
.plots{display:grid;gap:24px;grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr));margin:0 0 22px}
figure{margin:0;min-width:0}
.plot svg[role]{display:block;width:100%;max-width:460px;height:auto;overflow:visible}
.note{color:var(--muted);font-size:14px}
.plot figcaption{margin:0 0 6px}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;margin:0 0 6px;padding:0;list-style:none;font-size:14px}
.legend svg{vertical-align:middle}
${marks}
.pictures{display:flex;flex-wrap:wrap;gap:20px;align-items:flex-start}
.picture{max-width:100%}
.picture img{display:block;max-width:100%;height:auto;border:1px solid var(--line);border-radius:6px}
.picture .enlarged{image-rendering:pixelated}
.picture figcaption{max-width:60ch;padding-top:6px;color:var(--muted);font-size:14px}
@media (max-width:560px){header,main{padding-left:12px;padding-right:12px}header{padding-top:20px}section{padding:16px 14px;margin:16px 0}th,td{padding-right:12px}}
@media print{:root{color-scheme:light;${light};--ground:#fff}body{font-size:11pt}header,main{max-width:none;padding:0}nav{display:none}section{border:0;padding:0}.scroll{overflow:visible}figure,tr{break-inside:avoid}h2{break-after:avoid}}
`;

/** The same looks for plots in a file of their own. */
export const drawingStyle = `
svg{${light}}
@media (prefers-color-scheme:dark){svg{${dark}}}
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
.ground{fill:var(--surface)}
.title{fill:var(--text);font-size:15px;font-weight:650}
.said{fill:var(--muted);font-size:13px}
${marks}
`;
