// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <string_view>

namespace syncfw::detail {

// Colours have a contrast of 4.5 at least with what is behind them, in both schemes. Nothing moves.
inline constexpr std::string_view docs_page_style = R"css(:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f3f5f8; --ink: #1b2430; --quiet: #55606e;
  --line: #c6ccd5; --link: #0b57a4; --good: #0f6b36; --bad: #ad1f1f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12171e; --raised: #1c232d; --ink: #e8ecf2; --quiet: #a9b4c2;
    --line: #3c4755; --link: #86bdff; --good: #6fd598; --bad: #ff9c94;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 62rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.7rem; }
h2 { margin: 2rem 0 .5rem; font-size: 1.3rem; border-bottom: 1px solid var(--line); }
h3 { display: inline; margin: 0; font-size: 1rem; font-weight: 600; }
h4 { margin: 1rem 0 .25rem; font-size: 1rem; }
a { color: var(--link); }
code, pre, textarea, .method { font-family: ui-monospace, monospace; font-size: .92em; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
nav a { display: inline-block; padding: .4rem 0; }
details { margin: .5rem 0; border: 1px solid var(--line); border-radius: .4rem; }
summary { padding: .6rem .8rem; cursor: pointer; background: var(--raised); border-radius: .4rem; }
details > div { padding: 0 .8rem .8rem; }
.method { display: inline-block; min-width: 4.5em; font-weight: 700; text-transform: uppercase; }
.quiet, #token-note, .note { color: var(--quiet); }
.failed { color: var(--bad); }
.done { color: var(--good); }
.scrolls { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .35rem .5rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
label { display: block; font-weight: 600; }
input, textarea, select, button { width: 100%; max-width: 34rem; padding: .5rem; color: inherit;
  font: inherit; background: var(--paper); border: 1px solid var(--quiet); border-radius: .3rem; }
textarea { min-height: 9rem; max-width: none; font-family: ui-monospace, monospace; }
button { width: auto; min-width: 6rem; min-height: 2.75rem; margin: .6rem 0; font-weight: 600;
  cursor: pointer; background: var(--raised); }
pre { padding: .6rem; overflow-x: auto; white-space: pre-wrap; background: var(--raised); }
@media (max-width: 36rem) {
  thead { position: absolute; left: -100vw; }
  tr { display: block; padding: .4rem 0; border-bottom: 1px solid var(--line); }
  th, td { display: block; padding: .1rem 0; border: 0; }
}
)css";

}  // namespace syncfw::detail
