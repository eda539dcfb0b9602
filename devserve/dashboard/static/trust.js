// Trust: the certificate authority and its limits, the certificates, and what doctor finds.

import { element, fill } from "./dom.js";
import { order, read } from "./server.js";

export function trust(page) {
  const authority = element("div");
  const findings = element("ul", { class: "findings" });
  const look = element("button", { type: "button", onclick: examine }, "Look now");
  const root = element(
    "div",
    {},
    element("h1", {}, "Trust"),
    authority,
    element("section", { class: "panel" }, element("div", { class: "bar" }, element("h2", {}, "Doctor"), look), element("p", { class: "soft" }, "What ", element("code", {}, "devserve doctor"), " measures: names, trust of each client, ports, limits. It takes some seconds."), findings),
  );

  async function load() {
    try {
      fill(authority, ...described(await read("/api/trust")));
    } catch (error) {
      page.tell(error.message, true);
    }
  }

  async function examine() {
    look.disabled = true;
    fill(findings, element("li", { class: "soft" }, "looking …"));
    try {
      fill(findings, (await order("/api/checkup")).findings.map(finding));
    } catch (error) {
      fill(findings);
      page.tell(error.message, true);
    } finally {
      look.disabled = false;
    }
  }

  return { root, enter: load, update() {} };
}

function described({ authority, certificates }) {
  const facts = [
    ["Name", authority.name],
    ["May sign", `${authority.names.map((name) => `${name} and names below`).join(", ")}; loopback addresses; nothing else`],
    ["Valid until", `${day(authority.until)}, ${authority.days} days`],
    ["Fingerprint (SHA-256)", authority.sha256],
  ];
  const rows = certificates.map((each) =>
    element("tr", {}, element("th", { scope: "row" }, each.host), element("td", {}, day(each.until)), element("td", {}, `${each.days} days`), element("td", {}, day(each.renewed))),
  );
  return [
    element(
      "section",
      { class: "panel" },
      element("h2", {}, "Certificate authority"),
      element("dl", { class: "fields" }, facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)))),
      element("p", {}, element("a", { href: "/.well-known/devserve-ca" }, "Give it to a phone or a virtual machine")),
    ),
    element(
      "section",
      { class: "panel" },
      element("h2", {}, "Certificates"),
      element("p", { class: "soft" }, `Each is signed by ${authority.name}, for its own name alone; nothing stands between.`),
      element(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": "Certificates" },
        element("table", {}, element("thead", {}, element("tr", {}, ["Name", "Valid until", "Left", "Renewed by itself"].map((text) => element("th", { scope: "col" }, text)))), element("tbody", {}, rows)),
      ),
    ),
  ];
}

function finding({ topic, subject, verdict, said, fix }) {
  return element(
    "li",
    { "data-verdict": verdict },
    element("span", { class: "state" }, verdict),
    element("b", {}, ` ${topic}: ${subject} `),
    said,
    fix ? element("p", { class: "fix" }, fix) : null,
  );
}

function day(moment) {
  return new Date(moment).toLocaleDateString([], { year: "numeric", month: "short", day: "numeric" });
}
