"""devserve measured beside nginx, Caddy and Node's http-proxy: `make bench`."""
