"""Repositories as each tool's own generator makes them, or as its first page of documentation says to write them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.fleet_home import ROOT
from support.fleet_running import free_port
from support.node_packages import ANGULAR as ANGULAR_PACKAGES
from support.node_packages import USUAL, Packages, need_node_packages
from support.python_packages import install

SECONDS = 60
Generator = Callable[[Path], None]
DJANGO_URLS = """from django.shortcuts import render
from django.urls import path

WORD = "one"


def hello(request):
    return render(request, "hello.html", {"word": WORD, "sent": request.method == "POST"})


urlpatterns = [path("", hello)]
"""
DJANGO_PAGE = """<!doctype html><title>Shop</title><h1>{{ word }}</h1><p>first</p>
<form method="post">{% csrf_token %}<button>Send</button></form>{% if sent %}<b>sent</b>{% endif %}
"""
FLASK_APPLICATION = """from flask import Flask, render_template

app = Flask(__name__)


@app.route("/")
def hello():
    return render_template("hello.html", word="one")
"""
FLASK_PAGE = "<!doctype html><title>Shop</title><h1>{{ word }}</h1><p>first</p>\n"
FASTAPI_APPLICATION = """from fastapi import FastAPI, Request, WebSocket
from fastapi.templating import Jinja2Templates

app = FastAPI()
templates = Jinja2Templates("templates")


@app.get("/")
def hello(request: Request):
    return templates.TemplateResponse(request, "hello.html", {"word": "one"})


@app.websocket("/socket")
async def echo(socket: WebSocket):
    await socket.accept()
    await socket.send_text(socket.url.scheme + " " + await socket.receive_text())
"""
EXPRESS_APPLICATION = """const express = require('express')
const app = express()
const port = 3000

app.get('/', (req, res) => {
  res.send('<!doctype html><title>Shop</title><h1>one</h1>')
})

app.listen(port, () => {
  console.log(`Example app listening on port ${port}`)
})
"""
WEBPACK = {
    "package.json": '{"private": true, "scripts": {"start": "webpack serve"}}',
    "webpack.config.js": 'module.exports = { mode: "development" };\n',
    "public/index.html": "<!doctype html><title>Shop</title><h1></h1><script src=/main.js></script>\n",
    "src/word.js": 'export default "one";\n',
    "src/index.js": """import word from "./word.js";
const show = () => { document.querySelector("h1").textContent = word; };
show();
module.hot.accept("./word.js", show);
""",
}
NEXT = {
    "package.json": '{"private": true, "scripts": {"dev": "next dev"}}',
    "next.config.mjs": 'export default { turbopack: { root: "/" } };\n',  # node_modules is a link
    "app/layout.js": "export default ({ children }) => <html><body>{children}</body></html>;\n",
    "app/page.js": '"use client";\nexport default function Page() { return <h1>one</h1>; }\n',
}
ANGULAR = {
    "package.json": '{"private": true, "scripts": {"start": "ng serve"}}',
    "angular.json": json.dumps({
        "version": 1,
        "projects": {"shop": {"projectType": "application", "root": "", "sourceRoot": "src", "architect": {
            "build": {"builder": "@angular/build:application", "options": {
                "browser": "src/main.ts", "index": "src/index.html", "tsConfig": "tsconfig.json", "optimization": False,
            }},
            "serve": {"builder": "@angular/build:dev-server", "options": {"buildTarget": "shop:build"}},
        }}},
        "cli": {"analytics": False},
    }),
    "tsconfig.json": json.dumps({
        "compilerOptions": {
            "target": "ES2022", "module": "preserve", "moduleResolution": "bundler", "skipLibCheck": True,
            "experimentalDecorators": True, "importHelpers": True,
        },
        "files": ["src/main.ts"],
    }),
    "src/index.html": "<!doctype html><html><head><base href=/></head><body><app-root></app-root></body></html>\n",
    "src/app.ts": """import { Component } from '@angular/core';

@Component({ selector: 'app-root', template: '<h1>one</h1>' })
export class App {}
""",
    "src/main.ts": """import { provideZonelessChangeDetection } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { App } from './app';

bootstrapApplication(App, { providers: [provideZonelessChangeDetection()] });
""",
}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A passage of a file that is saved with other words, and where the page then shows them."""

    file: str
    old: str
    new: str
    selector: str = "h1"

    def save(self, root: Path) -> None:
        """Save the file of a repository with the new words."""
        file = root / self.file
        text = file.read_text()
        assert text.count(self.old) == 1
        file.write_text(text.replace(self.old, self.new))


def run(*command: str | Path, cwd: Path) -> None:
    """Run a generator to its end."""
    subprocess.run(command, cwd=cwd, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL, capture_output=True)


def with_node_modules(root: Path, packages: Packages = USUAL) -> Path:
    """Return the repository after `npm install`."""
    (root / "node_modules").symlink_to(need_node_packages(packages))
    return root


def written(root: Path, files: Mapping[str, str]) -> Path:
    """Return a new repository with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def vite(root: Path) -> None:
    """npm create vite@latest"""
    tool = need_node_packages() / "create-vite/index.js"
    run("node", tool, root.name, "--template", "vanilla", "--no-interactive", cwd=root.parent)
    with_node_modules(root)


def webpack(root: Path) -> None:
    """The pages of webpack's guide to its development server."""
    with_node_modules(written(root, WEBPACK))


def next_js(root: Path) -> None:
    """The pages of Next.js' manual installation."""
    with_node_modules(written(root, NEXT))


def angular(root: Path) -> None:
    """The least that `ng new --inline-template` leaves."""
    with_node_modules(written(root, ANGULAR), ANGULAR_PACKAGES)


def express(root: Path) -> None:
    """npx express-generator --no-view"""
    run("node", need_node_packages() / ".bin/express", "--no-view", root.name, cwd=root.parent)
    (root / "routes/index.js").write_text(
        "var router = require('express').Router();\n"
        "router.get('/hello', (req, res) => res.send('<!doctype html><title>Shop</title><h1>one</h1>'));\n"
        "module.exports = router;\n"
    )
    with_node_modules(root)


def express_by_hand(root: Path) -> None:
    """npm init, npm install express, and the program of its first page, which has a port of its own."""
    root.mkdir()
    run("npm", "init", "-y", cwd=root)
    package = json.loads((root / "package.json").read_text())
    (root / "package.json").write_text(json.dumps({**package, "dependencies": {"express": "^5.3.0"}}))
    (root / "app.js").write_text(EXPRESS_APPLICATION.replace("3000", str(free_port())))
    with_node_modules(root)


def django(root: Path) -> None:
    """django-admin startproject, with a page."""
    root.mkdir()
    (root / ".venv").symlink_to(install())
    run(root / ".venv/bin/python", "-m", "django", "startproject", "shopsite", ".", cwd=root)
    settings = root / "shopsite/settings.py"
    settings.write_text(
        settings.read_text().replace("'DIRS': []", "'DIRS': [BASE_DIR / 'templates']")
        + '\nSECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")\n'
    )
    (root / "shopsite/urls.py").write_text(DJANGO_URLS)
    (root / "templates").mkdir()
    (root / "templates/hello.html").write_text(DJANGO_PAGE)


def flask(root: Path) -> None:
    """The program of Flask's first page, with a template."""
    (root / "templates").mkdir(parents=True)
    (root / ".venv").symlink_to(install())
    (root / "app.py").write_text(FLASK_APPLICATION)
    (root / "templates/hello.html").write_text(FLASK_PAGE)


def fastapi(root: Path) -> None:
    """The program of FastAPI's pages about templates and WebSockets."""
    (root / "templates").mkdir(parents=True)
    (root / ".venv").symlink_to(install())
    (root / "main.py").write_text(FASTAPI_APPLICATION)
    (root / "templates/hello.html").write_text(FLASK_PAGE)


def gulp(root: Path) -> None:
    """The sources and the gulpfile of examples/gulp, with a livereload port that is free."""
    shutil.copytree(ROOT / "examples/gulp/shop", root, ignore=shutil.ignore_patterns("public", "devserve.toml"))
    gulpfile = root / "gulpfile.js"
    gulpfile.write_text(gulpfile.read_text().replace("35729", str(free_port())))
    (root / "package.json").write_text('{"private": true, "scripts": {"start": "gulp"}}')
    with_node_modules(root)


def pages(root: Path) -> None:
    """A folder with a page and a stylesheet."""
    root.mkdir()
    (root / "index.html").write_text("<!doctype html><title>Shop</title><h1>one</h1>\n")
