// Elements made from values. Text only ever becomes text: names, lines and URLs are hostile.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element with attributes and children; a property beginning with `on` is a listener, null is left out. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** Return an SVG element. */
export function drawing(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

/** Put these children in place of an element's own. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

/** Give an element a text, without touching it when it has that already: a selection in it stays. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Give an element an attribute, or take it away with null. */
export function mark(target, name, value) {
  if (value === null || value === false) target.removeAttribute(name);
  else if (target.getAttribute(name) !== String(value)) target.setAttribute(name, value);
}

/** Keep one child for each value, made once and then updated: focus and selection stay where they are. */
export function keyed(parent, values, keyOf, make, update) {
  const known = (parent.known ??= new Map());
  const wanted = new Set(values.map(keyOf)); // of a value and its place
  for (const [key, child] of known) {
    if (!wanted.has(key)) {
      child.remove();
      known.delete(key);
    }
  }
  values.forEach((value, place) => {
    const key = keyOf(value, place);
    let child = known.get(key);
    if (child === undefined) {
      child = make(value);
      known.set(key, child);
    }
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
    update?.(child, value);
  });
}

/** Return a link that opens elsewhere; anything but a web address becomes plain text. */
export function link(url, text = url) {
  if (!/^https?:\/\//.test(url)) return element("span", {}, text);
  return element("a", { href: url, target: "_blank", rel: "noreferrer noopener" }, text);
}

function filled(target, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) target.addEventListener(name.slice(2), value);
    else target.setAttribute(name, value === true ? "" : value);
  }
  target.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return target;
}
