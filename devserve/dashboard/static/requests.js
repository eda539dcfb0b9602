// The requests: a waterfall of the last ones, what is open, and all about one of them.

import { element, fill, keyed, mark, say } from "./dom.js";
import { bytes, clock, counted, duration } from "./words.js";
import { order, read } from "./server.js";

const PHASES = [
  ["held", "held until the service was ready"],
  ["connect", "connecting to the service"],
  ["wait", "waiting for its first byte"],
  ["body", "its body"],
];
const KINDS = ["page", "script", "style", "image", "data", "font", "sse", "websocket", "other"];
const STATUSES = [["", "any status"], ["2", "2xx"], ["3", "3xx"], ["4", "4xx"], ["5", "5xx"], ["0", "no answer"]];
const LASTING = ["sse", "websocket"];
const MOST_SHOWN = 200;

export function requests(page) {
  const service = element("select", { "aria-label": "Service", onchange: redraw });
  const status = element("select", { "aria-label": "Status", onchange: redraw }, STATUSES.map(([value, text]) => element("option", { value }, text)));
  const kind = element("select", { "aria-label": "Kind", onchange: redraw }, element("option", { value: "" }, "any kind"), KINDS.map((each) => element("option", { value: each }, each)));
  const search = element("input", { type: "search", placeholder: "Search", "aria-label": "Search the requests", oninput: redraw });
  const pause = element("input", { type: "checkbox", onchange: redraw });
  const archive = element("a", { class: "button", href: "/api/exchanges.har", download: "devserve.har" }, "Export HAR");
  const own = element("input", { type: "checkbox", onchange: redraw });
  const counts = element("p", { class: "soft", role: "status" });
  const open = element("ul", { class: "open" });
  const body = element("tbody");
  const heads = ["Time", "Service", "Request", "Status", "Size", "Waterfall"].map((text) => element("th", { scope: "col" }, text));
  const table = element("table", { class: "requests" }, element("caption", { class: "unseen" }, "The last requests"), element("thead", {}, element("tr", {}, heads)), body);
  const detail = element("section", { class: "panel detail", hidden: true, tabindex: "-1", "aria-label": "One request" });
  const legend = element("ul", { class: "legend" }, PHASES.map(([name, text]) => element("li", {}, element("span", { class: `swatch ${name}`, "aria-hidden": "true" }), text)));
  const root = element(
    "div",
    {},
    element("h1", {}, "Requests"),
    element("div", { class: "bar" }, service, status, kind, search, element("label", {}, own, " Live reload’s own"), element("label", {}, pause, " Pause"), archive),
    counts,
    open,
    element("div", { class: "split" }, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Requests" }, table, legend), detail),
  );
  let frozen = null;
  let chosen = 0;

  function wanted(row) {
    if (service.value && row.service !== service.value) return false;
    if (!own.checked && row.service === "devserve" && row.host.startsWith("livereload.")) return false;
    if (kind.value && row.kind !== kind.value) return false;
    if (status.value && String(row.status)[0] !== status.value) return false;
    return `${row.method} ${row.host}${row.target}`.toLowerCase().includes(search.value.toLowerCase());
  }

  function redraw() {
    archive.href = `/api/exchanges.har${service.value && `?service=${encodeURIComponent(service.value)}`}`;
    frozen = pause.checked ? (frozen ?? page.state.exchanges) : null;
    const all = frozen ?? page.state.exchanges;
    const shown = all.filter(wanted).sort((one, other) => other.at - one.at).slice(0, MOST_SHOWN);
    const longest = Math.max(1, ...shown.filter((row) => !LASTING.includes(row.kind)).map((row) => row.ms));
    keyed(body, shown, (row) => row.id, (row) => line(row), (target, row) => {
      scale(target, row, longest);
      mark(target, "aria-selected", row.id === chosen ? "true" : null);
    });
    const skipped = page.state.skipped ? `, ${page.state.skipped} more went by too fast to be shown` : "";
    say(counts, all.length ? `${shown.length} of ${counted(all.length, "request")}${skipped}` : "Nothing has been asked since this page was opened. Load a page of a service.");
  }

  function line(row) {
    const choose = element("button", { type: "button", class: "plain", onclick: () => select(row.id) }, element("b", {}, row.method), " ", row.target, " ", element("span", { class: "soft" }, row.host));
    return element(
      "tr",
      { class: `row s${String(row.status)[0]}` },
      element("td", { class: "time" }, clock(row.at)),
      element("td", {}, page.called(row.service)),
      element("td", { class: "target", title: `${row.host}${row.target}` }, choose),
      element("td", { class: "status" }, row.status ? String(row.status) : "none"),
      element("td", { class: "number" }, bytes(row.sent)),
      element("td", { class: "fall" }, element("span", { class: "bar-track", role: "img", "aria-label": spoken(row) }, PHASES.map(([name]) => element("span", { class: `phase ${name}` }))), element("span", { class: "soft" }, duration(row.ms)), verdict(row)),
    );
  }

  function select(id) {
    chosen = id;
    redraw();
    about(detail, id, page, () => {
      chosen = 0;
      detail.hidden = true;
      redraw();
    });
  }

  return {
    root,
    update(news) {
      const before = service.value;
      keyed(service, ["", ...page.state.services.map((each) => each.id)], (id) => id, (id) => element("option", { value: id }), (option, id) => say(option, id ? page.called(id) : "all services"));
      lasting(open, page.state.open, page.called);
      if (news.exchanges || !news.services || service.value !== before) redraw();
    },
  };
}

function verdict(row) {
  if (!row.verdict) return null;
  return element("span", { class: row.verdict === "injected" ? "chip good" : "chip" }, row.verdict);
}

function spoken(row) {
  const parts = PHASES.filter(([name]) => row.phases[name] > 0).map(([name]) => `${name} ${duration(row.phases[name])}`);
  return parts.join(", ") || duration(row.ms);
}

function scale(target, row, longest) {
  PHASES.forEach(([name], place) => {
    const width = ((row.phases[name] ?? 0) / Math.max(longest, LASTING.includes(row.kind) ? row.ms : 0)) * 100;
    target.querySelector(".bar-track").children[place].style.width = `${width.toFixed(2)}%`;
  });
}

function lasting(open, groups, called) {
  const text = (group) => {
    const noun = group.kind === "sse" ? "event stream" : "WebSocket";
    const size = group.kind === "sse" ? `, ${bytes(group.sent)} sent` : "";
    const where = group.service === "devserve" && group.devserve ? " of another terminal" : "";
    return `${called(group.service)}${where}: ${counted(group.count, `open ${noun}`)}${size}`;
  };
  open.hidden = groups.length === 0;
  keyed(open, groups, ({ devserve, service, kind }) => `${devserve} ${service} ${kind}`, () => element("li", { class: "chip" }), (target, group) => say(target, text(group)));
}

async function about(panel, id, page, close) {
  let exchange;
  try {
    exchange = await read(`/api/exchanges/${id}`);
  } catch (error) {
    page.tell(error.message, true);
    return;
  }
  const copy = element("button", { type: "button", onclick: copied }, "Copy as curl");
  const again = element("button", { type: "button", disabled: !exchange.replayable, title: exchange.why_not || null, onclick: replayed }, "Send again");
  const phases = PHASES.filter(([name]) => name in exchange.phases).map(([name, text]) => element("div", {}, element("dt", {}, text), element("dd", {}, duration(exchange.phases[name]))));
  fill(
    panel,
    element("div", { class: "bar" }, element("h2", {}, `${exchange.method} ${exchange.status || ""} ${exchange.reason}`), copy, again, element("button", { type: "button", onclick: close }, "Close")),
    element("p", { class: "url" }, exchange.url),
    exchange.verdict ? element("p", {}, `X-Devserve: ${exchange.verdict}`) : null,
    element("dl", { class: "facts" }, phases, element("div", {}, element("dt", {}, "in all"), element("dd", {}, duration(exchange.ms)))),
    element("h3", {}, "Answer"),
    fields(exchange.response_headers),
    element("h3", {}, "Request"),
    fields(exchange.request_headers),
    element("h3", {}, "Body of the answer"),
    exchange.body === null
      ? element("p", { class: "soft" }, exchange.sent ? "Not kept: it is no text, or nobody looked." : "It is empty.")
      : [element("pre", { tabindex: "0", "aria-label": "Body of the answer" }, exchange.body), exchange.whole ? null : element("p", { class: "soft" }, "The beginning of it.")],
  );
  panel.hidden = false;
  panel.focus({ preventScroll: true });

  async function copied() {
    try {
      await navigator.clipboard.writeText(exchange.curl);
      page.tell("Copied. What is secret in it is ***: fill it in.");
    } catch {
      fill(copy.parentElement, copy, element("pre", { tabindex: "0" }, exchange.curl));
    }
  }

  async function replayed() {
    again.disabled = true;
    try {
      page.tell(`Sent again: the answer is ${(await order(`/api/exchanges/${id}/replay`)).status}.`);
    } catch (error) {
      page.tell(error.message, true);
    } finally {
      again.disabled = false;
    }
  }
}

function fields(pairs) {
  if (!pairs.length) return element("p", { class: "soft" }, "None.");
  return element("dl", { class: "fields" }, pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}
