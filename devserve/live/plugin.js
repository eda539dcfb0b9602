// devserve's own LiveReload plugin. It stands in front of livereload.js in the same response, so that a page needs one
// script and one socket. Every version of livereload.js registers what it finds as window.LiveReloadPlugin….
//
// It needs no inline style, no inline script and no HTML parser: it works under any Content-Security-Policy that lets
// the script itself run, and text stays text.
(() => {
  "use strict";

  const TOGETHER = 10; // milliseconds; what comes within them is one action
  const AFTER_ANCESTOR = 60; // a frame lets the page around it go first
  const LEAVING = 5000; // a page that has not gone by then (a download, an unload dialog) may be loaded again
  const PROBLEMS = "devserve:problems"; // the path of a message that is none of livereload.js's business
  const MESSAGE = "devserve:message"; // one that a plugin of devserve sends to the page itself
  const FAILURE = "data-devserve-failure"; // on the html element of devserve's own pages about a service that is down
  const STYLESHEET = /\.css(\.map)?$/i;
  const IMAGE = /\.(jpe?g|png|gif)$/i; // what every livereload.js swaps by itself
  const OTHER_IMAGE = /\.(svg|webp|avif|ico)$/i;

  const LOOK = {
    host: "all:initial;position:fixed;inset:0;z-index:2147483647;pointer-events:none;display:block",
    box:
      "box-sizing:border-box;position:absolute;inset:auto 1rem 1rem 1rem;max-height:70vh;overflow:auto;pointer-events:auto;" +
      "padding:1rem 1.2rem;border-radius:.6rem;border-left:.35rem solid #e5484d;background:#16181d;color:#eceef2;" +
      "box-shadow:0 .5rem 2.5rem rgb(0 0 0/.45);font:14px/1.5 system-ui,sans-serif;text-align:left;direction:ltr",
    close:
      "all:unset;float:right;cursor:pointer;padding:.1rem .6rem;margin:0 0 .3rem .8rem;border:1px solid #4a4f5c;" +
      "border-radius:.3rem;color:#c3c8d4;font:13px/1.5 system-ui,sans-serif",
    title: "display:block;font-weight:600;margin:.1rem 0;overflow-wrap:anywhere",
    lines: "margin:.6rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:12.5px/1.5 ui-monospace,monospace;color:#d5d9e2",
  };

  const element = (document, name, look, text) => {
    const made = document.createElement(name);
    made.style.cssText = look; // through the object model, which no policy forbids
    if (text) made.textContent = text;
    return made;
  };

  // What a service could not do: shown until it can, or until somebody puts it away.
  class Overlay {
    constructor(window) {
      this.document = window.document;
      this.host = null;
      this.shown = "[]";
      window.addEventListener("keydown", (event) => event.key === "Escape" && this.hide(), true);
    }

    show(problems) {
      const wanted = JSON.stringify(problems);
      if (wanted === this.shown) return; // also when it was put away: the same problem does not come back
      this.shown = wanted;
      this.hide();
      if (problems.length === 0) return;
      this.host = element(this.document, "devserve-overlay", LOOK.host);
      const box = element(this.document, "div", LOOK.box);
      box.setAttribute("role", "alert");
      const close = element(this.document, "button", LOOK.close, "Dismiss");
      close.type = "button";
      close.addEventListener("click", () => this.hide());
      box.append(close);
      for (const problem of problems) {
        box.append(element(this.document, "strong", LOOK.title, problem.title));
        if (problem.lines.length > 0) box.append(element(this.document, "pre", LOOK.lines, problem.lines.join("\n")));
      }
      this.host.attachShadow({ mode: "open" }).append(box);
      this.document.documentElement.append(this.host);
    }

    hide() {
      if (this.host) this.host.remove();
      this.host = null;
    }
  }

  const newest = (url) => {
    const fresh = new URL(url);
    fresh.searchParams.set("livereload", String(Date.now()));
    return fresh.href;
  };

  // Whether a URL may be the changed file: the same last part, as livereload.js has it.
  const names = (url, path) => {
    try {
      const last = decodeURIComponent(new URL(url).pathname).split("/").pop();
      return last.toLowerCase() === path.replace(/\.map$/i, "").split(/[/\\]/).pop().toLowerCase();
    } catch {
      return false;
    }
  };

  // A document or shadow root, with every open shadow root and every frame of the same origin below it.
  function* roots(root) {
    yield root;
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot && each.localName !== "devserve-overlay") yield* roots(each.shadowRoot);
      if (each.localName !== "iframe" && each.localName !== "frame") continue;
      const inside = each.contentDocument; // null for another origin
      if (inside && !each.contentWindow.LiveReload) yield* roots(inside); // with a script of its own it helps itself
    }
  }

  const swapStylesheets = (root, path) => {
    for (const old of root.querySelectorAll('link[rel~="stylesheet"][href]')) {
      if (!names(old.href, path)) continue;
      const link = old.cloneNode();
      link.href = newest(old.href);
      const done = () => old.remove(); // only then, or the page would stand there without style
      link.addEventListener("load", done);
      link.addEventListener("error", done);
      old.after(link);
    }
  };

  const swapImages = (root, path) => {
    let found = false;
    for (const [selector, property] of [["img[src]", "src"], ['link[rel~="icon"][href]', "href"]]) {
      for (const each of root.querySelectorAll(selector)) {
        if (!names(each[property], path)) continue;
        each[property] = newest(each[property]);
        found = true;
      }
    }
    return found;
  };

  class Devserve {
    constructor(window, host) {
      this.window = window;
      this.reloader = host._reloader;
      this.overlay = new Overlay(window);
      this.waiting = new Map(); // path to options, in order of arrival
      this.said = null;
      this.leaving = false;
      this.passing = false; // livereload.js shall do what it always does
      Devserve.instance = this;
      window.document.addEventListener("LiveReloadConnect", () => this.overlay.show([])); // what is still wrong is told anew
    }

    // Called by livereload.js for each message; true: it has nothing more to do.
    reload(path, options) {
      if (this.passing) return false;
      if (path === PROBLEMS) {
        this.problems(options.originalPath);
        return true;
      }
      if (path === MESSAGE) {
        const { name, detail } = JSON.parse(options.originalPath);
        this.window.dispatchEvent(new CustomEvent(`devserve:${name}`, { detail }));
        return true;
      }
      if (this.waiting.size === 0) this.window.setTimeout(() => this.act(), this.ancestor() ? AFTER_ANCESTOR : TOGETHER);
      this.waiting.set(path, options);
      return true;
    }

    // devserve's own page about a service that is down says all that by itself: it is loaded when there is more to say.
    problems(text) {
      const before = this.said;
      this.said = text;
      if (this.window.document.documentElement.hasAttribute(FAILURE)) {
        if (before !== null && before !== text) this.load();
        return;
      }
      const around = this.ancestor();
      const show = () => {
        // What the page around a frame shows already is not shown again in the frame.
        if (this.said === text && !(around && around.said === text)) this.overlay.show(JSON.parse(text));
      };
      if (around && text !== "[]") this.window.setTimeout(show, AFTER_ANCESTOR);
      else this.overlay.show(JSON.parse(text));
    }

    act() {
      const waiting = [...this.waiting];
      this.waiting.clear();
      if (this.leaving || this.ancestor()?.leaving) return;
      const stays = waiting.map(([path, options]) => this.swaps(path, options));
      if (stays.includes(false)) this.load();
    }

    // Swap what a path names in the page; false when only a load can show it.
    swaps(path, options) {
      const inside = [...roots(this.window.document)];
      if (options.liveCSS && STYLESHEET.test(path)) {
        this.pass(path, options);
        for (const root of inside.slice(1)) swapStylesheets(root, path);
        return true;
      }
      if (options.liveImg && IMAGE.test(path)) {
        this.pass(path, options);
        for (const root of inside.slice(1)) swapImages(root, path);
        return true;
      }
      // A drawing that is in no img may be in a stylesheet.
      return options.liveImg && OTHER_IMAGE.test(path) && inside.map((root) => swapImages(root, path)).includes(true);
    }

    pass(path, options) {
      this.passing = true;
      try {
        this.reloader.reload(path, options);
      } finally {
        this.passing = false;
      }
    }

    load() {
      this.leaving = true;
      this.window.setTimeout(() => (this.leaving = false), LEAVING);
      this.window.location.reload();
    }

    // The nearest page around this one that has this plugin too and is of the same origin.
    ancestor() {
      for (let inner = this.window; inner !== inner.parent; inner = inner.parent) {
        try {
          const found = inner.parent.LiveReloadPluginDevserve?.instance;
          if (found) return found;
        } catch {
          return null; // another origin
        }
      }
      return null;
    }
  }
  Devserve.identifier = "devserve";
  Devserve.version = "1.0";

  window.LiveReloadPluginDevserve = Devserve;
})();
