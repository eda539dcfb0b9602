"""The text of a first devserve.toml, which proposes what it can and teaches the other keys."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from devserve.config.facts import Facts, Guess, service_of
from devserve.config.stacks import guesses

INTRODUCTION = """\
# How devserve starts, serves and watches this repository. `devserve check` reads it, `devserve run` runs it.
# Lines with a "#" and no space after it are keys that you may want: take the "#" away.
# Help in the editor: run `devserve schema > .devserve.schema.json`, and write as the first line of this file
# "#:schema .devserve.schema.json".

[project]
#domain = "shop.test"              # a service answers at https://NAME.DOMAIN; "localhost" if nothing is said
#organization = "Shop"             # whose services these are
#include = ["../contacts"]         # other repositories to run along with this one
#plugins = ["plugins/headers.py"]  # plugin files of this repository
#disable_plugins = ["gulp"]        # plugins to do without, or single hooks of them
"""
UNKNOWN = "# Nothing here told how this repository is served. Take the # away and write what starts it.\n"
SILENT = "# It answers no requests. Replace the text in `ready` by a line that it logs once it works."
DEFAULT_RULES = "# Without a rule of your own, CSS and images are refreshed, and pages and scripts reload the page."

# The keys of [services.NAME] that are proposed as comments, with what they do.
KEYS = (
    ("command", '"npm start"', "run without a shell; left out if something else starts the service"),
    ("port", "3001", "devserve picks a free one; PORT carries it, and $PORT in command"),
    ("listen", '"port"', 'or "fd": on descriptor 3, which stays open over restarts'),
    ("host", '"www.shop.test"', "instead of NAME.DOMAIN"),
    ("aliases", '["mail.shop.test"]', "more names"),
    ("path", '"/"', "several services may share a host; the longest path wins"),
    ("upstream", '"https://staging.example.com"', 'or "unix:app.sock"; http://127.0.0.1:PORT if nothing is said'),
    ("fallback", '"https://staging.example.com"', "answers while it does not run here"),
    ("upstream_host", '"staging.example.com"', "sent as Host; what the browser sent if nothing is said"),
    (
        "timeouts",
        "{ handshake = 9, connect = 9, head = 30, upload = 120, answer = 600, download = 600, idle = 75 }",
        "seconds",
    ),
    ("env", '{ LOG = "debug" }', "variables of its environment"),
    ("env_file", '".env"', "a file with more of them"),
    ("cwd", '"."', "where it runs"),
    ("needs", '["contacts"]', "started after these are ready"),
    ("ready", '{ http = "/health", timeout = "30s" }', 'or { tcp = true }, or { log = "listening on" }'),
    ("stop", '{ signal = "TERM", grace = "5s" }', "how it is asked to end, and when it is killed"),
)
TLS_KEYS = (
    ("ca", '"dev-ca.pem"', "verified by these certificates instead of the system's"),
    ("verify", "true", "false: whoever answers is believed"),
    ("server_name", '"staging.example.com"', "the name that its certificate has"),
    ("client_cert", '"client.pem"', "shown to it"),
    ("client_key", '"client.key"', "the key of client_cert, if that is another file"),
)
LIVERELOAD_KEYS = (
    ("source", '"devserve"', 'or the port of its own livereload server, "relay:35729", or "off"'),
    ("host", '"livereload.shop.test"', "instead of livereload.HOST"),
    ("inject", "true", "into every page; unsaid: not where Vite and its like have their own"),
    ("csp", '"adapt"', 'or "leave" a Content-Security-Policy as it is'),
    ("script", '"vendor/livereload.js"', "instead of devserve's"),
    ("placement", '"head"', 'the start of the head; or "body", its start; or "end", its end'),
)
WATCH_KEYS = (
    ("paths", '["src/**/*.scss"]', "patterns as in .gitignore; the first rule that has a file decides"),
    ("ignore", '["src/vendor/**"]', "left out"),
    ("run", '"npx gulp css"', "a task, awaited before what follows"),
    ("outputs", '["dist/**"]', "what the task writes, which never starts it"),
    ("then", '"refresh"', "refresh (CSS and images in place), reload, restart or nothing"),
)
PAGES_AND_STYLES = (
    '[[services.{name}.watch]]\npaths = ["**/*.css", "**/*.png", "**/*.jpg", "**/*.svg"]\nthen = "refresh"\n',
    '[[services.{name}.watch]]\npaths = ["**/*.html", "**/*.js"]\nthen = "reload"\n',
)


def propose(facts: Facts) -> str:
    """Return the text of a devserve.toml for a repository; it is valid as it is, and with each # taken away."""
    return written(facts, guesses(facts))


def written(facts: Facts, found: Sequence[Guess]) -> str:
    """Return the text of a devserve.toml with these services."""
    if not found:
        nameless = Guess(service_of(facts), "npm start", "")
        return "\n".join((INTRODUCTION, UNKNOWN + commented(service(nameless, teach=True))))
    blocks = [service(guess, teach=guess is found[0]) for guess in found]
    return "\n".join(
        (
            INTRODUCTION,
            *(block if guess.serves else commented(block) for guess, block in zip(found, blocks, strict=True)),
        )
    )


def service(guess: Guess, *, teach: bool) -> str:
    """Return the tables of one service, with all other keys as comments if it is the one to teach by."""
    chosen = {"command": value_of(guess.command)}
    if guess.host:
        chosen["host"] = value_of(guess.host)
    if guess.port:
        chosen["port"] = str(guess.port)
    if not guess.serves:
        chosen["ready"] = '{ log = "started" }'
    remarks = [f"# Found: {guess.because}."] if guess.because else []
    remarks += [f"# {advice}" for advice in guess.advice] + ([] if guess.serves else [SILENT])
    lines = [*remarks, f"[services.{guess.name}]", *rows(KEYS, chosen, teach=teach)]
    if teach:
        lines += ["", f"#[services.{guess.name}.upstream_tls]  # if upstream is https", *rows(TLS_KEYS, {}, teach=True)]
    return "\n".join((*lines, "", *livereload(guess, teach=teach), *watch(guess, teach=teach)))


def livereload(guess: Guess, *, teach: bool) -> Iterator[str]:
    """Yield the lines of a service's livereload table."""
    if guess.livereload:
        yield f"[services.{guess.name}.livereload]"
        yield from rows(LIVERELOAD_KEYS, {"source": str(guess.livereload)}, teach=teach)
    elif teach:
        yield f"#[services.{guess.name}.livereload]"
        yield from rows(LIVERELOAD_KEYS, {}, teach=True)
    if guess.livereload or teach:
        yield ""


def watch(guess: Guess, *, teach: bool) -> Iterator[str]:
    """Yield the lines of a service's watch rules: with a rule of its own it needs those for pages too."""
    if guess.restarts:
        yield f"[[services.{guess.name}.watch]]"
        yield f"paths = {value_of(guess.restarts)}"
        yield 'then = "restart"'
        yield ""
        yield from (table.format(name=guess.name) for table in PAGES_AND_STYLES)
    if teach:
        if not guess.restarts and not guess.livereload:
            yield DEFAULT_RULES
        yield f"#[[services.{guess.name}.watch]]"
        yield from rows(WATCH_KEYS, {}, teach=True)
        yield ""


def rows(keys: tuple[tuple[str, str, str], ...], chosen: dict[str, str], *, teach: bool) -> Iterator[str]:
    """Yield each chosen key with its value and, to teach, each other one as a comment."""
    for key, example, meaning in keys:
        if key in chosen:
            yield f"{key} = {chosen[key]}"
        elif teach:
            yield f"{f'#{key} = {example}':<46}  # {meaning}"


def commented(block: str) -> str:
    """Return a block as comments."""
    return "\n".join(line if not line or line.startswith("#") else f"#{line}" for line in block.split("\n"))


def value_of(value: str | tuple[str, ...]) -> str:
    """Return a text, or a list of texts, in TOML; JSON's escapes are valid there, except that DEL needs one."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
