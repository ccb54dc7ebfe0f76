// SPDX-License-Identifier: BSL-1.0
// The page on which people settle conflicts: its markup, its style and its script.
#pragma once

#include <string_view>

namespace syncfw::detail {

// `@name@` becomes the page's own name, `@routes@` where the conflicts are.
inline constexpr std::string_view conflict_page_html = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Conflicts</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="@name@/page.css">
<script src="@name@/page.js" defer></script>
</head>
<body data-routes="@routes@">
<a class="skip" href="#list">Skip to the conflicts</a>
<header>
<h1>Conflicts</h1>
<p>Changes that met others and could not be merged. Both sides are kept until you choose.</p>
<form id="who">
<label for="token">Bearer token</label>
<input id="token" type="password" autocomplete="off" spellcheck="false"
 aria-describedby="token-note">
<button id="show" type="submit">Show conflicts</button>
<span id="token-note">Stays in this page's memory, and is sent to this server alone.</span>
</form>
</header>
<p id="state" role="status">Type in a token to see your conflicts.</p>
<main id="list" tabindex="-1"></main>
<noscript><p>This page needs its script.</p></noscript>
</body>
</html>
)html";

inline constexpr std::string_view conflict_page_style = R"css(:root {
  --line: #7773; --mine: #2563eb; --theirs: #b45309; --changed: #f59e0b33;
}
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1rem; }
.skip { left: -99rem; position: absolute; }
.skip:focus { left: 1rem; }
input, button { font: inherit; padding: .4rem .7rem; }
button { border: 1px solid var(--line); border-radius: .4rem; cursor: pointer; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--mine); }
#token-note { display: block; font-size: .875rem; }
article { border: 1px solid var(--line); border-radius: .6rem; margin: 1rem 0; padding: 1rem; }
article h2 { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-top: 1px solid var(--line); padding: .35rem .6rem; text-align: left; }
td { overflow-wrap: anywhere; vertical-align: top; white-space: pre-wrap; width: 28%; }
tr.differs td { background: var(--changed); }
.choices { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .8rem; }
.mine { border-color: var(--mine); }
.theirs { border-color: var(--theirs); }
)css";

inline constexpr std::string_view conflict_page_script = R"js("use strict";

const routes = document.body.dataset.routes;
const list = document.getElementById("list");
const state = document.getElementById("state");
const token = document.getElementById("token");

// All that comes from the server is shown as text, whatever it looks like.
function make(kind, text, name) {
  const made = document.createElement(kind);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

async function ask(path, body) {
  const options = { headers: {}, cache: "no-store" };
  if (token.value) options.headers.Authorization = "Bearer " + token.value.trim();
  if (body) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options);
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error ? told.error.message : "status " + answer.status);
  return told;
}

function shown(value) {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, 1);
}

function row_of(field, conflict) {
  const row = make("tr");
  const values = [conflict.baseData, conflict.localData, conflict.serverData]
    .map(side => side ? shown(side[field]) : "");
  if (values[1] !== values[2]) row.className = "differs";
  const head = make("th", field);
  head.scope = "row";
  row.append(head, ...values.map(text => make("td", text)));
  return row;
}

function table_of(conflict) {
  const table = make("table");
  const head = make("tr");
  const titles = ["Field", "Before", "Mine, the device's", "Theirs, the server's"];
  for (const title of titles) {
    const cell = make("th", title);
    cell.scope = "col";
    head.append(cell);
  }
  const state_row = make("tr");
  const state_head = make("th", "written");
  state_head.scope = "row";
  const at = (time, gone) => (gone ? "deleted " : "") + time;
  state_row.append(state_head, make("td", ""),
    make("td", at(conflict.localTimestamp, conflict.localDeleted)),
    make("td", at(conflict.serverTimestamp, conflict.serverDeleted)));
  table.append(head, state_row);
  const fields = new Set();
  for (const side of [conflict.baseData, conflict.localData, conflict.serverData])
    for (const field of Object.keys(side || {})) fields.add(field);
  for (const field of fields) table.append(row_of(field, conflict));
  return table;
}

function choice(conflict, take, words) {
  const button = make("button", words, take);
  button.type = "button";
  button.addEventListener("click", async () => {
    state.textContent = "Settling …";
    try {
      await ask(routes + "/" + encodeURIComponent(conflict.id) + "/resolve", { take });
      await show("Settled. ");
    } catch (why) {
      state.textContent = "It was not settled: " + why.message;
    }
  });
  return button;
}

function article_of(conflict) {
  const article = make("article");
  const title = make("h2", conflict.entity + " " + conflict.entityId);
  title.id = "c-" + conflict.id;
  article.setAttribute("aria-labelledby", title.id);
  const scroll = make("div", undefined, "scroll");
  scroll.append(table_of(conflict));
  const choices = make("div", undefined, "choices");
  const mine = conflict.localDeleted ? "Take mine: delete it" : "Take mine";
  const theirs = conflict.serverDeleted ? "Take theirs: leave it deleted" : "Take theirs";
  choices.append(choice(conflict, "mine", mine), choice(conflict, "theirs", theirs));
  article.append(title, make("p", conflict.reason + "; noticed " + conflict.detectedAt),
    scroll, choices);
  return article;
}

async function show(before = "") {
  try {
    const told = await ask(routes);
    list.replaceChildren(...told.conflicts.map(article_of));
    const count = told.conflicts.length;
    const words = count === 0 ? "No conflicts wait for you."
      : count === 1 ? "One conflict waits for you." : count + " conflicts wait for you.";
    state.textContent = before + words;
  } catch (why) {
    list.replaceChildren();
    state.textContent = "The conflicts can't be shown: " + why.message;
  }
}

document.getElementById("who").addEventListener("submit", event => {
  event.preventDefault();
  show();
});
)js";

}  // namespace syncfw::detail
