"""What a package.json or a gulpfile says about how a repository is served."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace

from devserve.config.facts import GULPFILES, LISTEN_ADVICE, LOCKS, NODE_ENTRIES, Facts, Guess, service_of

SCRIPTS = ("dev", "develop", "start", "serve")  # of package.json, the likeliest first
# Development servers that read a port from their arguments and not from PORT.
PORT_ARGUMENTS = {
    **dict.fromkeys(
        ("astro", "gatsby", "ng", "parcel", "vue-cli-service", "webpack", "webpack-dev-server"), "--port $PORT"
    ),
    "vite": "--port $PORT --strictPort",
    "http-server": "-p $PORT",
    "serve": "-l $PORT",
}
OWN_HOST_LIST = {"vue-cli-service"}  # and nothing tells it: devserve_node knows the others
RUNTIMES = {"node", "tsx", "ts-node", "deno"}  # started by these, nothing restarts by itself
SELF_RESTARTING = re.compile(r"^(?:nodemon|node --watch|node-dev|supervisor) ")
SERVERS = ("express", "fastify", "koa", "@hapi/hapi")  # packages that answer requests, without a program of their own
NODE_RESTARTS = ("**/*.js", "**/*.ts", "**/*.mjs")
LISTENS = re.compile(r"\.listen\(\s*(\d{2,5})\b|\bport\s*=\s*(\d{2,5})\b", re.IGNORECASE)
FIXED_PORT = re.compile(r"(?:--port|-p)[ =](\d{2,5})\b")
GULP_TASK = re.compile(r"""\bexports\.(\w+)\s*=|\btask\(\s*['"]([\w:-]+)['"]""")
LIVERELOAD_STATEMENT = re.compile(r"livereload[^;]*;", re.IGNORECASE)
LIVERELOAD_PORT = re.compile(
    r"livereload(?:\w*(?:\.listen)?\(\s*(?:\{[^}]*?port\s*:\s*)?|_?port\s*=[^;\n]*?)(\d{4,5})", re.IGNORECASE
)
USUAL_LIVERELOAD_PORT = 35729


def scripts_of(facts: Facts) -> dict[str, str]:
    """Return the scripts of package.json."""
    return texts_in(facts, "scripts")


def texts_in(facts: Facts, key: str) -> dict[str, str]:
    """Return a table of package.json, empty where there is none."""
    try:
        package = json.loads(facts.files.get("package.json", ""))
    except ValueError:
        return {}
    table = package.get(key) if isinstance(package, dict) else None
    return {str(name): str(text) for name, text in table.items()} if isinstance(table, dict) else {}


def script_of(scripts: Mapping[str, str]) -> str:
    """Return the script that serves; of two that run the same file, the one without a reloader of its own."""
    likely = next((name for name in SCRIPTS if name in scripts), "")
    plain = SELF_RESTARTING.sub("node ", scripts.get(likely, ""))
    return next((name for name in SCRIPTS if scripts.get(name) == plain), likely)


def written_port(text: str) -> int | None:
    """Return the port that a program listens on whatever PORT says."""
    found = None if "env.PORT" in text else LISTENS.search(text)
    return int(found[1] or found[2]) if found else None


def run_script(facts: Facts, script: str, arguments: str = "") -> str:
    """Return the command that runs a script with the repository's own package manager."""
    manager = next((LOCKS[lock] for lock in LOCKS if lock in facts.files), "npm")
    if manager == "npm":
        command = "npm start" if script == "start" else f"npm run {script}"
        return f"{command} -- {arguments}" if arguments else command
    return " ".join(filter(None, (manager, "run", script, arguments)))


def node(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a package.json with a script that starts something."""
    scripts = scripts_of(facts)
    script = script_of(scripts)
    if not script:
        return ()
    text = scripts[script]
    tool = (text.split() or [""])[0]
    found = FIXED_PORT.search(text)
    program = program_of(facts, text)
    fixed = int(found[1]) if found else gulp_port(program) if tool == "gulp" else written_port(program)
    arguments = "" if fixed or "&&" in text else PORT_ARGUMENTS.get(tool, "")
    guess = Guess(
        service_of(facts),
        run_script(facts, script, arguments),
        f'package.json, script "{script}"',
        port=fixed,
        restarts=NODE_RESTARTS if tool in RUNTIMES and "--watch" not in text else (),
        advice=node_advice(tool, bool(arguments or fixed) or "env.PORT" in program),
    )
    return (with_livereload(guess, facts),)


def node_server(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a program that listens, by its text, where package.json has a server's package and no script."""
    packages = texts_in(facts, "dependencies")
    package = next((name for name in SERVERS if name in packages), "")
    entry = next((name for name in NODE_ENTRIES if ".listen(" in facts.files.get(name, "")), "")
    if not package or not entry:
        return ()
    text = facts.files[entry]
    port = written_port(text)
    advice = () if port or "env.PORT" in text else (LISTEN_ADVICE,)
    found = f"{entry}, made with {package}"
    return (Guess(service_of(facts), f"node {entry}", found, port=port, restarts=NODE_RESTARTS, advice=advice),)


def program_of(facts: Facts, script: str) -> str:
    """Return the text of the file that a script runs, empty where it is not known."""
    if script.startswith("gulp"):
        return next((facts.files[name] for name in GULPFILES if name in facts.files), "")
    words = (word.removeprefix("./") for word in script.split()[1:])
    return next((facts.files[word] for word in words if word in NODE_ENTRIES and word in facts.files), "")


def node_advice(tool: str, has_port: bool) -> tuple[str, ...]:
    """Return what to know about a Node server that is asked for by a name of its own."""
    advice = [] if has_port else [LISTEN_ADVICE]
    if tool in OWN_HOST_LIST:
        advice.append(f"{tool} answers only host names that it knows: allow yours in its configuration.")
    return tuple(advice)


def gulp(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a gulpfile whose default task serves."""
    name = next((name for name in GULPFILES if name in facts.files), "")
    if not name:
        return ()
    text = facts.files[name]
    port = gulp_port(text)
    guess = Guess(service_of(facts), "npx gulp", name, port=port)
    advice = (*node_advice("gulp", bool(port) or "env.PORT" in text), *task_advice(text))
    return (with_livereload(replace(guess, advice=advice), facts),)


def gulp_port(gulpfile: str) -> int | None:
    """Return the port that a gulpfile's own server listens on, beside that for livereload."""
    found = re.search(r"\bport\s*:\s*(\d{4,5})", LIVERELOAD_STATEMENT.sub("", gulpfile), re.IGNORECASE)
    return int(found[1]) if found else written_port(LIVERELOAD_STATEMENT.sub("", gulpfile))


def task_advice(gulpfile: str) -> tuple[str, ...]:
    """Return how a watch rule can run a task of a gulpfile."""
    tasks = [task for found in GULP_TASK.findall(gulpfile) for task in found if task and task != "default"]
    return (f'A watch rule can run its tasks: run = "gulp {tasks[0]}"',) if tasks else ()


def with_livereload(guess: Guess, facts: Facts) -> Guess:
    """Return a guess with the livereload server that the gulpfile runs, if it does."""
    text = next((facts.files[name] for name in GULPFILES if name in facts.files), "")
    if "livereload" not in text.lower():
        return guess
    port = LIVERELOAD_PORT.search(text)
    return replace(guess, livereload=int(port[1]) if port else USUAL_LIVERELOAD_PORT)
