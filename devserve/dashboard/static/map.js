// The map: browsers, devserve, the services in the order of their needs, and what flows between them now.

import { drawing, element, fill, mark } from "./dom.js";
import { counted } from "./words.js";

const BOX = { width: 150, height: 44 };
const GAP = { x: 70, y: 18 };
const NARROW = 560; // pixels
const [BROWSERS, PROXY] = [Symbol("browsers"), Symbol("devserve")]; // no service is called so

export function map(page) {
  const svg = drawing("svg", { class: "map", role: "img" });
  const root = element("section", { class: "panel" }, element("h2", {}, "Map"), element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Map of the services" }, svg));
  return {
    root,
    update() {
      draw(svg, page.state.services.map((each) => ({ ...each, name: page.called(each.id) })), page.state.tabs.length);
    },
  };
}

function depths(services) {
  const known = new Map();
  const depth = (name, seen) => {
    if (known.has(name)) return known.get(name);
    if (seen.has(name)) return 0;
    // What is needed by others stands right of them: traffic flows from left to right.
    const found = Math.max(0, ...services.filter((each) => each.needs.includes(name)).map((each) => depth(each.id, new Set(seen).add(name)) + 1));
    known.set(name, found);
    return found;
  };
  return new Map(services.map((service) => [service.id, depth(service.id, new Set())]));
}

function draw(svg, services, browsers) {
  const depth = depths(services);
  const narrow = svg.parentElement.clientWidth < NARROW;
  const { places, width, height } = narrow ? below(services, depth) : beside(services, depth);
  const total = services.reduce((sum, service) => sum + service.rate, 0);
  const edge = narrow ? bent : curved;
  const [browser, proxy] = [places.get(BROWSERS), places.get(PROXY)];
  const edges = [edge(browser, proxy, total, "traffic")];
  for (const service of services) {
    edges.push(edge(proxy, places.get(service.id), service.rate, "traffic"));
    for (const need of service.needs) {
      if (places.has(need)) edges.push((narrow ? looped : curved)(places.get(service.id), places.get(need), 0, "needs"));
    }
  }
  const boxes = [
    box(browser, "Browsers", counted(browsers, "page"), "browser"),
    box(proxy, "devserve", `${total} requests/s`, "proxy"),
    ...services.map((service) => box(places.get(service.id), service.name, `${service.state} · ${service.rate}/s`, service.state)),
  ];
  mark(svg, "viewBox", `-4 -4 ${width + 8} ${height + 8}`);
  mark(svg, "width", width + 8);
  mark(svg, "height", height + 8);
  mark(svg, "aria-label", described(services, total));
  fill(svg, edges, boxes);
}

/** Where each box stands when there is room: traffic flows from left to right. */
function beside(services, depth) {
  const columns = [];
  for (const service of services) (columns[depth.get(service.id)] ??= []).push(service);
  const rows = Math.max(1, ...columns.map((column) => column?.length ?? 0));
  const height = rows * (BOX.height + GAP.y) + GAP.y;
  const middle = (height - BOX.height) / 2;
  const places = new Map([[BROWSERS, { x: 0, y: middle }], [PROXY, { x: BOX.width + GAP.x, y: middle }]]);
  columns.forEach((column, x) =>
    column?.forEach((service, y) => {
      const top = (height - column.length * (BOX.height + GAP.y) + GAP.y) / 2 + y * (BOX.height + GAP.y);
      places.set(service.id, { x: (x + 2) * (BOX.width + GAP.x), y: top });
    }),
  );
  return { places, width: (columns.length + 2) * (BOX.width + GAP.x) - GAP.x, height };
}

/** Where each box stands on a phone: from top to bottom, what is needed below what needs it. */
function below(services, depth) {
  const sorted = [...services].sort((one, other) => depth.get(one.id) - depth.get(other.id));
  const places = new Map([BROWSERS, PROXY, ...sorted.map((each) => each.id)].map((id, y) => [id, { x: y < 2 ? 0 : GAP.x / 2, y: y * (BOX.height + GAP.y) }]));
  return { places, width: BOX.width + GAP.x * 1.5, height: places.size * (BOX.height + GAP.y) - GAP.y };
}

function described(services, total) {
  const names = new Map(services.map(({ id, name }) => [id, name]));
  const each = services.map(({ name, state, rate, needs }) => `${name} is ${state}, ${rate} requests/s${needs.length ? `, needs ${needs.map((need) => names.get(need) ?? need).join(", ")}` : ""}`);
  return `${total} requests/s through devserve. ${each.join(". ")}.`;
}

function curved(from, to, rate, kind) {
  const start = { x: from.x + BOX.width, y: from.y + BOX.height / 2 };
  const end = { x: to.x, y: to.y + BOX.height / 2 };
  const bend = Math.max(30, (end.x - start.x) / 2);
  return edge(`M${start.x},${start.y} C${start.x + bend},${start.y} ${end.x - bend},${end.y} ${end.x},${end.y}`, rate, kind);
}

/** Down from below a box, then right into the other one. */
function bent(from, to, rate, kind) {
  const x = from.x + GAP.x / 4;
  const middle = to.y + BOX.height / 2;
  return edge(from.x === to.x ? `M${x},${from.y + BOX.height} V${to.y}` : `M${x},${from.y + BOX.height} V${middle} H${to.x}`, rate, kind);
}

/** Out of a box to the right, and back into one that stands below. */
function looped(from, to, rate, kind) {
  const [x, out] = [from.x + BOX.width, from.x + BOX.width + GAP.x];
  return edge(`M${x},${from.y + BOX.height / 2} C${out},${from.y + BOX.height / 2} ${out},${to.y + BOX.height / 2} ${x},${to.y + BOX.height / 2}`, rate, kind);
}

function edge(path, rate, kind) {
  const busy = rate > 0 ? " busy" : "";
  return drawing("path", {
    class: `edge ${kind}${busy}`,
    d: path,
    "stroke-width": (1.5 + Math.min(4, Math.log2(1 + rate) / 2)).toFixed(1),
  });
}

function box(place, name, below, state) {
  const short = name.length > 19 ? `${name.slice(0, 18)}…` : name;
  return drawing(
    "g",
    { class: "box", "data-state": state, transform: `translate(${place.x} ${place.y})` },
    drawing("rect", { width: BOX.width, height: BOX.height, rx: 8 }),
    drawing("text", { x: 12, y: 18, class: "box-name" }, short),
    drawing("text", { x: 12, y: 35, class: "box-below" }, below.slice(0, 26)),
  );
}
