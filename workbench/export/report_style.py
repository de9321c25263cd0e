"""The report's style sheet: quiet, readable on a phone and on paper, light or dark as the reader's system is."""

CSS = """
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #1b1f24; --muted: #5b6470; --line: #e1e4e8;
  --accent: #0072b2; --warn: #fdf4e3; --warn-line: #e69f00; }
@media (prefers-color-scheme: dark) { :root { --ground: #0f1115; --card: #15181d; --ink: #e8eaed; --muted: #a2abb6;
  --line: #2c323a; --accent: #56b4e9; --warn: #2a2416; --warn-line: #b98210; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 74rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .2rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .8rem; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.2rem 1.4rem;
  margin: 1.1rem 0; }
.eyebrow, .muted, .caption, footer, .question { color: var(--muted); }
.eyebrow { margin: 0; font-size: .9rem; } .question { max-width: 60rem; margin-top: 0; }
.caption, footer { font-size: .87rem; } .caption { margin: .5rem 0 0; max-width: 60rem; }
.verdict { max-width: 62rem; margin: 0 0 .5rem; overflow-wrap: anywhere; } h2 + .verdict { font-size: 1.12rem; }
.warnings { background: var(--warn); border-color: var(--warn-line); }
ul { margin: 0; padding-left: 1.2rem; } li { margin: .25rem 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; font-size: .93rem; }
th, td { text-align: right; padding: .4rem .8rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th:first-child { text-align: left; padding-left: 0; } tbody th { font-weight: 600; } thead th { color: var(--muted);
  font-weight: 500; } tbody tr:last-child > * { border-bottom: 0; }
td small { display: block; color: var(--muted); white-space: nowrap; } td, tbody th { white-space: nowrap; }
tbody th, thead th:first-child { position: sticky; left: 0; background: var(--card); }
.words td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem 1.4rem; }
figure { margin: 0; } figcaption { font-size: .82rem; color: var(--muted); margin-top: .3rem; overflow-wrap: anywhere; }
.chart svg { display: block; width: 100%; height: auto; } .chart.dark { display: none; }
@media (prefers-color-scheme: dark) { .chart.dark { display: block; } .chart.light { display: none; } }
article { border-top: 1px solid var(--line); padding: 1rem 0 .4rem; } article:first-of-type { margin-top: 1rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; margin: .15rem 0 .5rem; max-height: 24rem;
  overflow-y: auto; } .prompt { font-weight: 600; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .4rem 1.4rem; }
.answer p { margin: .1rem 0; } .dot { display: inline-block; width: .7em; height: .7em; border-radius: .15em;
  margin-right: .45em; }
pre { background: var(--ground); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem 1rem; overflow-x: auto;
  font-size: .87rem; }
@media (max-width: 40rem) { main { padding: 1.2rem .7rem 3rem; } section { padding: .9rem .9rem; }
  h1 { font-size: 1.45rem; } th, td { padding: .35rem .5rem; } tbody th { white-space: normal; overflow-wrap: anywhere;
  min-width: 7rem; max-width: 9rem; } }
@page { margin: 14mm; }
@media print { :root { --ground: #fff; --card: #fff; --ink: #000; --muted: #444; --line: #ccc; --warn: #fff; }
  body { font-size: 10pt; } main { max-width: none; padding: 0; } section { border: 0; border-top: 1px solid #ccc;
  border-radius: 0; padding: .8rem 0; } .chart.light { display: block !important; } .chart.dark { display: none !important; }
  .charts { grid-template-columns: 1fr 1fr; } .caption, figcaption, footer { font-size: 8.5pt; }
  h2 + .verdict { font-size: 11pt; } h1 { font-size: 17pt; } h2 { font-size: 12pt; }
  .scroll { overflow: visible; } .text { max-height: none; } table { font-size: 8pt; }
  th, td { padding: .25rem .22rem; } tr, article, figure { break-inside: avoid; } h2 { break-after: avoid; }
  tbody th, thead th:first-child { position: static; } td, tbody th { white-space: normal; }
  tbody th { min-width: 5rem; max-width: 14rem; overflow-wrap: anywhere; }
  .scroll + .caption { break-before: avoid; } thead { display: table-header-group; } p { orphans: 3; widows: 3; }
  pre { white-space: pre-wrap; } }
"""
