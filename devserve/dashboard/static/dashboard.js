// The dashboard: one socket feeds the state, each view draws what it needs of it.

import { element, fill, mark, say } from "./dom.js";
import { listen } from "./server.js";
import { services } from "./services.js";
import { requests } from "./requests.js";
import { reloads } from "./reloads.js";
import { plugins } from "./plugins.js";
import { trust } from "./trust.js";

const MOST_EXCHANGES = 500;
const MOST_LINES = 2000;

const state = { devserves: [], services: [], tabs: [], open: [], exchanges: [], skipped: 0, chains: [], lines: [], watched: "" };
const content = document.getElementById("content");
const said = document.getElementById("said");
let quiet = 0;

/** Say what came of an order, for some seconds. */
function tell(text, failed = false) {
  clearTimeout(quiet);
  say(said, text);
  said.classList.toggle("failed", failed);
  quiet = setTimeout(() => say(said, ""), 6000);
}

const server = listen(heard, (open) => {
  const place = document.getElementById("link");
  say(place, open ? "live" : "waiting for devserve");
  place.classList.toggle("lost", !open);
});

function watch(service) {
  state.watched = service;
  state.lines = [];
  server.watch(service);
}

/** What a service is called by people: its name, with as many folders of its repository as tell it from others. */
function called(id) {
  const service = state.services.find((each) => each.id === id);
  const name = service?.name ?? id.replace(/^\d+:/, "");
  const others = state.services.filter((each) => each.name === name && each !== service);
  if (!service || !others.length) return name;
  const folders = service.root.split("/");
  const strangers = others.filter((each) => each.root !== service.root);
  let depth = 1;
  const place = () => folders.slice(-depth).join("/");
  while (depth < folders.length && strangers.some((each) => each.root.endsWith(`/${place()}`))) depth += 1;
  return `${name} (${place()})`;
}

const page = { state, tell, watch, called };
const VIEWS = [
  { id: "services", name: "Services", view: services(page) },
  { id: "requests", name: "Requests", view: requests(page) },
  { id: "reloads", name: "Reloads", view: reloads(page) },
  { id: "plugins", name: "Plugins", view: plugins(page) },
  { id: "trust", name: "Trust", view: trust(page) },
];
let shown = null;

/** When a chain ended, in milliseconds. */
function ended(chain) {
  return Date.parse(chain.at) + chain.total_ms;
}

function heard(news) {
  const gone = state.devserves.filter((each) => !news.devserves.includes(each));
  Object.assign(state, { devserves: news.devserves, services: news.services, tabs: news.tabs, open: news.open });
  if (gone.length) state.exchanges = state.exchanges.filter((row) => !gone.includes(row.devserve));
  if (news.exchanges) {
    // A socket that was opened again tells the last ones again.
    const known = new Set(state.exchanges.map((row) => row.id));
    state.exchanges = state.exchanges.concat(news.exchanges.filter((row) => !known.has(row.id))).slice(-MOST_EXCHANGES);
    state.skipped += news.skipped;
  }
  if (news.chains) state.chains = news.chains.sort((one, other) => ended(other) - ended(one));
  if (news.lines?.service === state.watched && news.lines) {
    state.lines = (news.lines.anew ? [] : state.lines).concat(news.lines.lines).slice(-MOST_LINES);
  }
  shown?.view.update(gone.length ? { ...news, exchanges: news.exchanges ?? [] } : news);
}

/** The view that the address names, and what is opened in it. */
function place() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // somebody has typed it
  }
}

function show() {
  const [id, ...rest] = place().split(":");
  const next = VIEWS.find((each) => each.id === id) ?? VIEWS[0];
  if (shown !== next) {
    shown?.view.leave?.();
    shown = next;
    fill(content, next.view.root);
    scrollTo(0, 0);
    document.title = `${next.name} · devserve`;
  }
  next.view.enter?.(rest.join(":"));
  next.view.update({});
  for (const anchor of document.querySelectorAll("#views a")) {
    mark(anchor, "aria-current", anchor.hash === `#${next.id}` ? "page" : null);
  }
}

fill(
  document.getElementById("views"),
  VIEWS.map(({ id, name }) => element("li", {}, element("a", { href: `#${id}` }, name))),
);
addEventListener("hashchange", show);
// 1 to 5 go to a view, / to its search.
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const view = VIEWS[Number(event.key) - 1];
  if (view) location.hash = view.id;
  const search = content.querySelector('input[type="search"]');
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
  }
});
show();
