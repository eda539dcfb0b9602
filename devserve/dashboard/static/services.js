// The services: how each one stands, what can be ordered of it, its output, and the map of all.

import { drawing, element, keyed, link, mark, say } from "./dom.js";
import { bytes, counted, duration, processor, since } from "./words.js";
import { order } from "./server.js";
import { log } from "./log.js";
import { map } from "./map.js";

const WIDTH = 180;
const HEIGHT = 32;
const FACTS = [
  ["port", "Port", (service) => service.port ?? service.upstream],
  ["pid", "Process", (service) => service.pid ?? "–"],
  ["processor", "CPU", (service) => processor(service.processor)],
  ["memory", "Memory", (service) => bytes(service.memory)],
  ["uptime", "Up", (service) => since(service.uptime)],
  ["restarts", "Restarts", (service) => String(service.restarts)],
  ["rate", "Requests/s", (service) => String(service.rate), "wait"],
  ["p95", "p95", (service) => duration(service.p95), "held"],
  ["browsers", "Browsers", (service) => String(service.browsers)],
];

export function services(page) {
  const list = element("ul", { class: "cards" });
  const picture = map(page);
  const lines = log(page);
  const empty = element("p", { class: "empty" }, "No service runs here.");
  const root = element("div", {}, element("h1", {}, "Services"), empty, list, lines.root, picture.root);

  return {
    root,
    enter: (service) => lines.show(service),
    leave: () => lines.show(""),
    update(news) {
      empty.hidden = page.state.services.length > 0;
      keyed(list, page.state.services, (service) => service.id, (service) => card(service, page), (target, service) => update(target, service, page.called));
      picture.update();
      lines.update(news);
    },
  };
}

function card(service, page) {
  const facts = FACTS.map(([id, name, , color]) => element("div", {}, element("dt", {}, name, color ? element("span", { class: `swatch after ${color}`, "aria-hidden": "true" }) : null), element("dd", { "data-fact": id })));
  return element(
    "li",
    { class: "card", "data-service": service.id },
    element(
      "div",
      { class: "card-head" },
      element("h2", { "data-part": "name" }),
      element("span", { class: "state", "data-part": "state" }),
    ),
    element("p", { class: "url" }, link(service.url)),
    service.devserve ? element("p", { class: "soft" }, `in another terminal, from ${service.root}`) : null,
    element("p", { class: "problem", "data-part": "problem", hidden: true }),
    spark(),
    element("dl", { class: "facts" }, facts),
    element("dl", { class: "facts wide", "data-part": "columns" }),
    element("div", { class: "buttons" }, buttons(service, page)),
  );
}

function buttons(service, page) {
  const make = (verb, text) =>
    element("button", { type: "button", "data-order": verb, onclick: (event) => give(event.currentTarget, verb) }, text, hidden(service));
  async function give(button, verb) {
    button.disabled = true;
    try {
      page.tell((await order("/api/orders", { order: verb, service: service.id })).said);
    } catch (error) {
      page.tell(error.message, true);
    } finally {
      button.disabled = false;
    }
  }
  const own = service.own ? [make("restart", "Restart"), make("stop", "Stop"), make("start", "Start")] : [];
  const output = element("a", { class: "button", href: `#services:${encodeURIComponent(service.id)}` }, "Log", hidden(service));
  return [...own, make("reload", "Reload"), output];
}

/** The name behind a short label, for who does not see the card around it. */
function hidden(service) {
  return element("span", { class: "unseen" }, ` ${service.name}`);
}

function update(target, service, called) {
  const part = (name) => target.querySelector(`[data-part="${name}"]`);
  say(part("name"), called(service.id));
  say(part("state"), service.doing ? `${service.state} · ${service.doing}` : service.state);
  mark(target, "data-state", service.state);
  part("problem").hidden = !service.problem;
  say(part("problem"), service.problem);
  for (const [id, , value] of FACTS) say(target.querySelector(`[data-fact="${id}"]`), String(value(service)));
  const gone = ["stopped", "exited", "stopping", "not allowed yet"].includes(service.state);
  const stop = target.querySelector('[data-order="stop"]');
  const start = target.querySelector('[data-order="start"]');
  if (stop) stop.hidden = gone;
  if (start) start.hidden = !gone;
  keyed(part("columns"), Object.entries(service.columns), ([name]) => name, column, (fact, [, text]) => say(fact.querySelector("dd"), text));
  draw(target.querySelector("svg"), service);
}

/** What a plugin says of the service (devserve_status). */
function column([name]) {
  return element("div", {}, element("dt", {}, name), element("dd"));
}

function spark() {
  return drawing(
    "svg",
    { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", preserveAspectRatio: "none" },
    drawing("polygon", { class: "spark-area" }),
    drawing("polyline", { class: "spark-line" }),
    drawing("path", { class: "spark-slow" }),
  );
}

function draw(svg, service) {
  const counts = service.counts.slice(0, -1); // the second that goes on is not over
  const most = Math.max(1, ...counts);
  const place = (value, most, second) => `${((second / (counts.length - 1)) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  const points = counts.map((count, second) => place(count, most, second));
  const slow = service.p95s.slice(0, -1);
  const slowest = Math.max(0.1, ...slow);
  const steps = slow.map((value, second) => (value === null ? "" : `${slow[second - 1] == null ? "M" : "L"}${place(value, slowest, second)}h.01`));
  mark(svg.querySelector("polyline"), "points", points.join(" "));
  mark(svg.querySelector("polygon"), "points", `0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`);
  mark(svg.querySelector("path"), "d", steps.join(""));
  const total = counts.reduce((sum, count) => sum + count, 0);
  const text = `${service.rate} requests/s now, ${counted(total, "request")} in the last minute, at most ${most} in a second, p95 at most ${duration(slowest)}`;
  mark(svg, "aria-label", total ? text : "no requests in the last minute");
}
