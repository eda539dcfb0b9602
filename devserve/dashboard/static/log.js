// The output of one service: searched, coloured, followed.

import { element, fill, say } from "./dom.js";
import { counted } from "./words.js";

const MOST_SHOWN = 2000;

export function log(page) {
  const title = element("h2", { id: "log-title" });
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search the log", oninput: redraw });
  const follow = element("input", { type: "checkbox", checked: true, onchange: scroll });
  const error = element("button", { type: "button", onclick: jump }, "Next error");
  const found = element("span", { class: "soft", role: "status" });
  const close = element("a", { class: "button", href: "#services" }, "Close");
  const lines = element("div", { class: "log", tabindex: "0", role: "log", "aria-live": "off", "aria-labelledby": "log-title", onscroll: scrolled });
  const root = element(
    "section",
    { class: "panel", hidden: true },
    element("div", { class: "bar" }, title, search, element("label", {}, follow, " Follow"), error, found, close),
    lines,
  );
  let service = "";
  let drawn = 0;

  function show(next) {
    root.hidden = !next;
    if (next === service) return;
    service = next;
    page.watch(next);
    say(title, next && `Log of ${page.called(next)}`);
    search.value = "";
    fill(lines);
    drawn = 0;
    count(0);
    if (!next) return;
    root.scrollIntoView({ block: "nearest" });
    lines.focus({ preventScroll: true });
  }

  function wanted(line) {
    const text = line.pieces.map(([piece]) => piece).join("");
    return text.toLowerCase().includes(search.value.toLowerCase());
  }

  function row(line) {
    const classes = line.error ? "line error" : "line";
    return element("div", { class: classes }, line.pieces.map(([text, style]) => (style ? element("span", { class: style }, text) : text)));
  }

  function redraw() {
    const shown = page.state.lines.filter(wanted);
    fill(lines, shown.map(row));
    if (service && !page.state.lines.length) fill(lines, element("p", { class: "empty" }, "It has printed nothing yet."));
    drawn = page.state.lines.length;
    count(shown.length);
    scroll();
  }

  function add(fresh) {
    if (!drawn) return redraw();
    const shown = fresh.filter(wanted);
    lines.append(...shown.map(row));
    while (lines.children.length > MOST_SHOWN) lines.firstChild.remove();
    drawn = page.state.lines.length;
    count(lines.children.length);
    scroll();
  }

  function count(shown) {
    const errors = page.state.lines.filter((line) => line.error).length;
    say(found, search.value ? counted(shown, "line") : errors ? counted(errors, "error") : "");
    error.disabled = !lines.querySelector(".error");
  }

  function scroll() {
    if (follow.checked) lines.scrollTop = lines.scrollHeight;
  }

  // Who scrolls up reads: the newest line must not take the place away.
  function scrolled() {
    follow.checked = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 8;
  }

  function jump() {
    const errors = [...lines.querySelectorAll(".error")];
    const current = errors.indexOf(lines.querySelector(".current"));
    const next = errors[(current + 1) % errors.length];
    for (const each of errors) each.classList.toggle("current", each === next);
    follow.checked = false;
    next?.scrollIntoView({ block: "center" });
  }

  return {
    root,
    show,
    update(news) {
      if (!news.lines || news.lines.service !== service) return;
      if (news.lines.anew) redraw();
      else add(news.lines.lines);
    },
  };
}
