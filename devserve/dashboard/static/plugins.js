// The plugins of each repository: their hooks, how often each was called and for how long, and the panels that they add.

import { element, fill, keyed, link, say } from "./dom.js";
import { counted, duration } from "./words.js";
import { read } from "./server.js";

const EVERY = 2000; // milliseconds
const COLUMNS = ["Plugin", "Hook", "Calls", "Time", "Per call"];

export function plugins(page) {
  const list = element("div");
  const empty = element("p", { class: "empty" }, "looking …");
  const root = element("div", {}, element("h1", {}, "Plugins"), empty, list);
  let timer = 0;
  let shown = false;

  // Plugins are asked while somebody sees this view, and not otherwise.
  async function look() {
    clearTimeout(timer);
    if (!document.hidden) {
      try {
        const { repositories } = await read("/api/plugins");
        empty.hidden = repositories.length > 0;
        say(empty, "No repository runs here.");
        keyed(list, repositories, (each) => each.id, repository, update);
      } catch {
        say(empty, "devserve does not answer.");
      }
    }
    clearTimeout(timer);
    if (shown) timer = setTimeout(look, EVERY);
  }

  return {
    root,
    enter() {
      shown = true;
      look();
    },
    leave() {
      shown = false;
      clearTimeout(timer);
    },
    update() {},
  };
}

function repository({ file, devserve }) {
  const heads = COLUMNS.map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "hooks" }, element("thead", {}, element("tr", {}, heads)), element("tbody"));
  return element(
    "section",
    { class: "repository" },
    element("h2", {}, file),
    devserve ? element("p", { class: "soft" }, "in another terminal") : null,
    element("ul", { class: "failed" }),
    element("div", { class: "cards panels" }),
    element("div", { class: "panel scroll", tabindex: "0", role: "region", "aria-label": `Hooks of ${file}` }, table),
  );
}

function update(target, { file, plugins: all, panels, failed }) {
  const short = (name) => (name.startsWith(folder(file)) ? name.slice(folder(file).length) : name);
  keyed(target.querySelector(".failed"), failed, (name) => name, (name) => element("li", { class: "problem" }, `${short(name)}: its panels have failed; the terminal says why.`));
  keyed(target.querySelector(".panels"), panels, (each, place) => `${each.plugin} ${each.title} ${place}`, (each) => element("section", { class: "card", "aria-label": each.title }), (target, each) => draw(target, each, short(each.plugin)));
  const rows = all.flatMap((plugin) => (plugin.hooks.length ? plugin.hooks : [null]).map((hook, place) => ({ plugin, hook, place, name: short(plugin.name) })));
  keyed(target.querySelector(".hooks tbody"), rows, ({ plugin, hook, place }) => `${plugin.name} ${hook?.name} ${place}`, row, count);
}

/** The folder of a file, with the slash at its end. */
function folder(file) {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

function row({ plugin, hook, place, name }) {
  const head = place === 0 ? element("th", { scope: "row" }, name, element("span", { class: "from" }, from(plugin))) : element("td");
  return element("tr", {}, head, element("td", {}, hook ? hookName(hook.name) : "no hook"), ["calls", "time", "mean"].map((part) => element("td", { class: "number", "data-part": part })));
}

/** A hook's name, which a narrow page cuts behind its prefix. */
function hookName(name) {
  return element("code", {}, "devserve_", element("wbr"), name.replace(/^devserve_/, ""));
}

function from({ name, source, version }) {
  return source === name && !version ? "a file of the repository" : `${source} ${version}`;
}

function count(target, { hook }) {
  const part = (name, text) => say(target.querySelector(`[data-part="${name}"]`), text);
  part("calls", hook ? `${hook.calls ?? 0}${hook.is_off ? ", switched off" : ""}` : "–");
  part("time", hook?.calls ? duration(hook.milliseconds) : "–");
  part("mean", hook?.calls ? duration(hook.milliseconds / hook.calls) : "–");
}

/** Draw a panel anew when it says something else: what somebody selects in it stays otherwise. */
function draw(target, panel, plugin) {
  const said = JSON.stringify(panel);
  if (target.said === said) return;
  target.said = said;
  fill(target, element("div", { class: "card-head" }, element("h3", {}, panel.title), element("span", { class: "soft" }, plugin)), panel.parts.map((each) => part(each, panel.title)));
}

function part({ kind, cell: value, facts, columns, rows, left_out: leftOut, empty }, title) {
  if (kind === "line") return element("p", {}, cell(value));
  if (kind === "facts") return element("dl", { class: "fields" }, facts.map(([name, fact]) => element("div", {}, element("dt", {}, name), element("dd", {}, cell(fact)))));
  if (!rows?.length) return element("p", { class: "soft" }, empty);
  const heads = columns.map((text) => element("th", { scope: "col" }, text));
  const lines = rows.map((each) => element("tr", {}, each.map((value) => element("td", {}, cell(value)))));
  const table = element("table", {}, element("thead", {}, element("tr", {}, heads)), element("tbody", {}, lines));
  const more = leftOut ? element("p", { class: "soft" }, `and ${counted(leftOut, "more row")}`) : null;
  return [element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, table` }, table), more];
}

function cell({ text, url, verdict }) {
  if (url !== undefined) return link(url, text);
  return verdict ? element("span", { "data-verdict": verdict }, element("span", { class: "state" }, text)) : text;
}
