/** How pages look. Colours are of one contrast in the light and in the dark; nothing is told by colour alone. */

const light = `--paper:#fff;--card:#f6f7f9;--ink:#1b1f24;--aside:#57606a;--line:#d0d7de;--faint:#6e7781;--accent:#0a58ca;--stop:#b42318;--warn:#8a5a00;--fine:#1a6e36;--c1:#0a58ca;--c2:#b35900;--c3:#1a7f5a;--c4:#8a3ffc;--c5:#b4235c;--c6:#6e7781`;
const dark = `--paper:#0f1318;--card:#181e26;--ink:#e8edf2;--aside:#a5b0bc;--line:#333c47;--faint:#8b96a3;--accent:#6cb0ff;--stop:#ff8f85;--warn:#e8b04b;--fine:#6fce8b;--c1:#6cb0ff;--c2:#f2a65a;--c3:#58c9a0;--c4:#c29bff;--c5:#ff8ab5;--c6:#8b96a3`;

export const pageStyle = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.25rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{margin:0;font-size:1.6rem;line-height:1.25}
h2{margin:2rem 0 .6rem;font-size:1.2rem}
h3{margin:0;font-size:1rem}
section>h3{margin-top:1.2rem}
p{margin:.3rem 0}
ul{margin:.3rem 0;padding-left:1.2rem}
code{font-size:.9em}
.aside,.more,footer{color:var(--aside)}
.more{font-size:.875rem;font-weight:400}
.more:empty{display:none}
.stop{color:var(--stop)}
.warn{color:var(--warn)}
.fine,.raise{color:var(--fine)}
.cut{color:var(--stop)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin:1rem 0 0}
.tiles>div,.budgets>li,figure,.apply{margin:0;padding:.8rem 1rem;background:var(--card);border:1px solid var(--line);border-radius:.5rem}
.tiles dt{color:var(--aside);font-size:.875rem}
.tiles dd{margin:0}
.tiles .figure{font-size:1.6rem;font-weight:600;line-height:1.3}
.budgets{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,27rem),1fr));gap:.6rem;padding:0;list-style:none}
.budgets .head{display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between;align-items:baseline}
.bar{display:inline-block;vertical-align:middle;width:7rem;height:.65rem;background:var(--line);border-radius:.35rem;overflow:hidden}
.budgets .bar{display:block;width:100%;margin:.35rem 0}
.fill{display:block;height:100%;background:var(--faint)}
.fill.stop{background:var(--stop)}
.fill.warn{background:var(--warn)}
.fill.fine{background:var(--fine)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:.75rem}
figure svg{display:block;width:100%;max-width:40rem;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;padding:0;list-style:none;font-size:.875rem}
.key{display:inline-block;width:.8rem;height:.8rem;margin-right:.35rem;border-radius:.2rem;vertical-align:-.05rem}
.wide{overflow-x:auto}
.wide:focus-visible{outline:2px solid var(--accent)}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
caption{padding:.3rem 0;text-align:left;color:var(--aside);font-size:.875rem}
th,td{padding:.4rem .6rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:break-word;min-width:5rem}
tbody th{font-weight:500;min-width:10rem}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.word{display:block;padding:.4rem .6rem;background:var(--paper);border:1px solid var(--line);border-radius:.3rem}
summary{cursor:pointer;padding:.3rem 0;color:var(--aside)}
.applies{display:grid;gap:.6rem}
footer{margin-top:2rem;padding-top:.6rem;border-top:1px solid var(--line);font-size:.875rem}
@media print{body{max-width:none;padding:0;font-size:11pt}figure,.budgets>li,.apply,tr{break-inside:avoid}.wide{overflow:visible}:root{${light}}}
`;
