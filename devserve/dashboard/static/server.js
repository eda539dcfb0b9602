// The way to devserve: one socket that tells, and orders by POST with the token that this page was given.

const TOKEN = document.querySelector('meta[name="devserve-token"]').content;
const HIDDEN = 30_000; // milliseconds after which a page that nobody sees stops listening
const PAUSES = [250, 500, 1000, 2000]; // milliseconds before the next try

/** Keep a socket open while the page is seen; `heard` gets each message, `stands` whether it is open. */
export function listen(heard, stands) {
  let socket = null;
  let tries = 0;
  let hiding = 0;
  let retry = 0;
  let watched = "";

  function open() {
    clearTimeout(retry);
    if (socket !== null) return;
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/live`);
    socket.addEventListener("open", () => {
      tries = 0;
      stands(true);
      if (watched) socket.send(JSON.stringify({ log: watched }));
    });
    socket.addEventListener("message", (event) => heard(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      socket = null;
      stands(false);
      if (!document.hidden) retry = setTimeout(again, PAUSES[Math.min(tries++, PAUSES.length - 1)]);
    });
  }

  // The token is of one run of devserve: once that has ended, the page is loaded anew.
  async function again() {
    try {
      const page = await (await fetch("/", { headers: { Accept: "text/html" } })).text();
      if (page.includes("devserve-token") && !page.includes(TOKEN)) location.reload();
      else open();
    } catch {
      retry = setTimeout(again, PAUSES[Math.min(tries++, PAUSES.length - 1)]);
    }
  }

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(() => socket?.close(), HIDDEN);
    else open();
  });
  open();

  return {
    /** Have the lines of a service told, from the first one that is kept. */
    watch(service) {
      watched = service;
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ log: service }));
    },
  };
}

/** Read something; an error has devserve's sentence. */
export async function read(path) {
  return answered(await fetch(path, { headers: { Accept: "application/json" } }));
}

/** Order something. */
export async function order(path, data = {}) {
  const headers = { "Content-Type": "application/json", "X-Devserve-Token": TOKEN };
  return answered(await fetch(path, { method: "POST", headers, body: JSON.stringify(data) }));
}

async function answered(response) {
  const data = await response.json();
  if (!response.ok) throw new Error(data.problem ?? `devserve answered ${response.status}.`);
  return data;
}
