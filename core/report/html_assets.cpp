// SPDX-License-Identifier: Apache-2.0
#include "core/report/html_assets.hpp"

namespace fstracker::report {

std::string_view html_style() {
    return R"css(
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --panel: #f6f8fa; --rule: #d0d7de;
  --link: #0550ae; --clean: #116329; --review: #7d4e00; --alert: #a40e26; --incomplete: #6639ba; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9da7b3; --paper: #0d1117; --panel: #161b22; --rule: #3d444d;
    --link: #79c0ff; --clean: #56d364; --review: #e3b341; --alert: #ff7b72; --incomplete: #d2a8ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
h1 { font-size: 1.6rem; margin: .5rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
code { font: .875em/1.4 ui-monospace, monospace; overflow-wrap: anywhere; unicode-bidi: isolate; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
.skip { position: absolute; left: -99rem; }
.skip:focus { position: static; }
.badge { border: 2px solid; border-radius: .3rem; padding: 0 .5rem; font-weight: 700; }
.clean, .informational, .low { color: var(--clean); }
.review, .medium { color: var(--review); }
.alert, .high, .critical { color: var(--alert); }
.incomplete { color: var(--incomplete); }
.soft { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
article { background: var(--panel); border: 1px solid var(--rule); border-left: .4rem solid; border-radius: .3rem;
  margin: 1rem 0; padding: .75rem 1rem; }
article > * { color: var(--ink); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--soft); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--rule); }
th button { font: inherit; font-weight: 700; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
th button::after { content: " \2195"; color: var(--soft); }
th[aria-sort=ascending] button::after { content: " \2191"; }
th[aria-sort=descending] button::after { content: " \2193"; }
td.number { text-align: right; white-space: nowrap; }
.list { list-style: none; margin: 0; padding: 0; }
.tree ul { list-style: none; margin: 0; padding-left: 1.1rem; border-left: 1px solid var(--rule); }
.tree > ul { border: 0; padding: 0; }
.tools { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }
.tools[hidden] { display: none; }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: .3rem;
  padding: .2rem .5rem; min-width: 16rem; }
@media print { nav, .tools, .skip { display: none; } }
)css";
}

std::string_view html_script() {
    return R"js(
'use strict';
for (const table of document.querySelectorAll('table[data-sorts]')) {
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const key = (row, column) => {
    const cell = row.cells[column];
    return 'value' in cell.dataset ? Number(cell.dataset.value) : cell.textContent.toLowerCase();
  };
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const keyed = rows.map((row, place) => [key(row, column), place, row]);
      keyed.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (up ? 1 : -1) || a[1] - b[1]);
      body.append(...keyed.map((one) => one[2]));
    });
  });
  const tools = document.getElementById(table.id + '-tools');
  if (!tools) continue;
  const input = tools.querySelector('input');
  const output = tools.querySelector('output');
  const texts = rows.map((row) => row.textContent.toLowerCase());
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every((word) => texts[place].includes(word));
      if (!row.hidden) shown += 1;
    });
    output.textContent = shown + ' of ' + rows.length + ' rows';
  });
  tools.hidden = false;
}
)js";
}

}  // namespace fstracker::report
