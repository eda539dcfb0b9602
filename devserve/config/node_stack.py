"""What a package.json or a gulpfile says about how a repository is served."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from devserve.config.facts import GULPFILES, LISTEN_ADVICE, LOCKS, Facts, Guess, service_of

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
OWN_HOST_LIST = {"vite", "webpack", "webpack-dev-server", "ng", "vue-cli-service", "astro"}
RUNTIMES = {"node", "tsx", "ts-node", "deno"}  # started by these, nothing restarts by itself
FIXED_PORT = re.compile(r"(?:--port|-p)[ =](\d{2,5})\b")
GULP_TASK = re.compile(r"""\bexports\.(\w+)\s*=|\btask\(\s*['"]([\w:-]+)['"]""")
LIVERELOAD_PORT = re.compile(r"livereload\w*(?:\.listen)?\(\s*(?:\{[^}]*?port\s*:\s*)?(\d{4,5})", re.IGNORECASE)
USUAL_LIVERELOAD_PORT = 35729


def scripts_of(facts: Facts) -> dict[str, str]:
    """Return the scripts of package.json."""
    try:
        package = json.loads(facts.files.get("package.json", ""))
    except ValueError:
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return {str(name): str(text) for name, text in scripts.items()} if isinstance(scripts, dict) else {}


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
    script = next((name for name in SCRIPTS if name in scripts), "")
    if not script:
        return ()
    text = scripts[script]
    tool = (text.split() or [""])[0]
    fixed = FIXED_PORT.search(text)
    arguments = "" if fixed or "&&" in text else PORT_ARGUMENTS.get(tool, "")
    guess = Guess(
        service_of(facts),
        run_script(facts, script, arguments),
        f'package.json, script "{script}"',
        port=int(fixed[1]) if fixed else None,
        restarts=("**/*.js", "**/*.ts", "**/*.mjs") if tool in RUNTIMES and "--watch" not in text else (),
        advice=node_advice(tool, bool(arguments or fixed)),
    )
    return (with_livereload(guess, facts),)


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
    port = re.search(r"port\s*:\s*(\d{4,5})", re.sub(r"livereload[^;]*;", "", facts.files[name]))
    guess = Guess(service_of(facts), "npx gulp", name, port=int(port[1]) if port else None)
    advice = (*node_advice("gulp", bool(port)), *task_advice(facts.files[name]))
    return (with_livereload(replace(guess, advice=advice), facts),)


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
