// The reloads: what each save has led to, step by step, and which page did what.

import { element, fill, keyed, link, mark } from "./dom.js";
import { clock, counted, duration } from "./words.js";

const WORDS = { task: "task", restart: "restart", ready: "ready", tell: "browsers" };

export function reloads(page) {
  const list = element("ol", { class: "chains" });
  const tabs = element("ul", { class: "tabs" });
  const empty = element("p", { class: "empty" }, "Nothing has been saved since devserve was started.");
  const nobody = element("p", { class: "soft" }, "No page of a service is connected.");
  const root = element("div", {}, element("h1", {}, "Reloads"), empty, list, element("section", { class: "panel" }, element("h2", {}, "Connected pages"), nobody, tabs));
  return {
    root,
    update() {
      const { chains, tabs: pages } = page.state;
      empty.hidden = chains.length > 0;
      nobody.hidden = pages.length > 0;
      keyed(list, chains, (chain) => JSON.stringify([chain.at, chain.service, chain.files]), () => element("li", { class: "panel chain" }), (target, chain) => draw(target, chain, page.called));
      keyed(tabs, pages.map((each, place) => ({ ...each, key: `${place} ${each.service} ${each.url}` })), (each) => each.key, ({ service, url }) => element("li", {}, `${page.called(service)}: `, link(url || "a page that has not said where it is")));
    },
  };
}

function draw(target, chain, called) {
  const known = JSON.stringify(chain);
  if (target.known === known) return;
  target.known = known;
  const more = chain.file_count - chain.files.length;
  const longest = Math.max(1, chain.total_ms);
  mark(target, "data-ended", chain.ended);
  fill(
    target,
    element(
      "div",
      { class: "card-head" },
      element("h2", {}, chain.files.join(", "), more > 0 ? ` and ${more} more` : ""),
      element("span", { class: "state" }, chain.ended),
    ),
    element("p", { class: "soft" }, `${clock(Date.parse(chain.at) / 1000)} · ${called(chain.service)} · ${chain.rules.join("; ")} · ${duration(chain.total_ms)} in all`),
    element(
      "ol",
      { class: "steps" },
      step("save", chain.waited_ms ? `waited ${duration(chain.waited_ms)}` : "at once", chain.waited_ms, longest, "held"),
      chain.steps.map((each) => step(WORDS[each.what] ?? each.what, told(each, chain, called), each.ms, longest, each.problem ? "problem" : each.what)),
    ),
    chain.reason ? element("p", { class: "problem" }, chain.reason) : null,
    chain.tabs.length
      ? element("ul", { class: "tabs" }, chain.tabs.map((tab) => element("li", {}, link(tab.url), outcome(tab))))
      : null,
  );
}

function outcome({ loads, back }) {
  if (!loads) return " took it in place";
  return back ? ` loaded itself, back after ${back}` : " was told to load itself, and has not come back";
}

function told(each, { service, reason }, called) {
  const whose = each.service === service ? "" : `${called(each.service)}: `;
  if (each.problem) return each.what === "task" && each.problem === reason ? `${each.argv.join(" ")}, failed` : `${whose}${each.problem}`;
  if (each.what === "task") return each.argv.join(" ");
  if (each.what === "tell") return `${whose}${each.then} → ${each.browsers ? counted(each.browsers, "browser") : "no browser is connected"}`;
  return `${whose}${each.what === "restart" ? "ended and started" : "answers"}`;
}

function step(name, text, milliseconds, longest, kind) {
  const bar = element("span", { class: `phase ${kind}` });
  bar.style.width = `${Math.max(0.5, (milliseconds / longest) * 100).toFixed(2)}%`;
  return element("li", {}, element("b", {}, name), element("span", { class: "step-text" }, text), element("span", { class: "bar-track", "aria-hidden": "true" }, bar), element("span", { class: "number" }, duration(milliseconds)));
}
