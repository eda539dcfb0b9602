// Node's http-proxy: `node http_proxy.js ROUTES.json PORT agent|shipped`. As shipped it dials anew for each request.
"use strict";
const { readFileSync } = require("fs");
const http = require("http");
const https = require("https");
const tls = require("tls");
const httpProxy = require("http-proxy");

const [, , file, port, kind] = process.argv;
const routes = new Map(Object.entries(JSON.parse(readFileSync(file, "utf8"))));
for (const route of routes.values()) {
  route.target = { host: "127.0.0.1", port: route.port };
  route.context = tls.createSecureContext({ cert: readFileSync(route.chain), key: readFileSync(route.key) });
}
const agent = kind === "agent" ? new http.Agent({ keepAlive: true, maxFreeSockets: 256 }) : undefined;
const proxy = httpProxy.createProxyServer({ agent, xfwd: true });
proxy.on("error", (error, request, answer) => (answer.writeHead ? answer.writeHead(502).end() : answer.destroy()));

const routeOf = (request) => routes.get((request.headers.host || "").split(":")[0]);
const server = https.createServer(
  { SNICallback: (name, done) => done(null, routes.get(name)?.context) },
  (request, answer) => {
    const route = routeOf(request);
    if (route) proxy.web(request, answer, { target: route.target });
    else answer.writeHead(503).end();
  },
);
server.on("upgrade", (request, socket, head) => {
  const route = routeOf(request);
  if (route) proxy.ws(request, socket, head, { target: route.target });
  else socket.destroy();
});
server.requestTimeout = 0;
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 1024 });
