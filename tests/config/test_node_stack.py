import json

import pytest

from devserve.config.facts import Facts
from devserve.config.node_stack import gulp, node


def facts(script: str = "node server.js", name: str = "start", **files: str) -> Facts:
    package = json.dumps({"scripts": {name: script, "build": "x"}})
    return Facts("shop", {"package.json": package, **{key.replace("__", "."): text for key, text in files.items()}})


@pytest.mark.parametrize(
    ("script", "name", "lock", "command"),
    [
        ("node server.js", "start", "", "npm start"),
        ("next dev", "dev", "", "npm run dev"),
        ("vite", "dev", "", "npm run dev -- --port $PORT --strictPort"),
        ("vite", "dev", "pnpm-lock.yaml", "pnpm run dev --port $PORT --strictPort"),
        ("vite", "dev", "yarn.lock", "yarn run dev --port $PORT --strictPort"),
        ("vite --port 5174", "dev", "", "npm run dev"),
        ("ng serve", "start", "", "npm start -- --port $PORT"),
        ("tsc && vite", "dev", "bun.lock", "bun run dev"),
        ("", "serve", "", "npm run serve"),
    ],
)
def test_a_script_is_run_with_the_repositorys_own_tools(script, name, lock, command):
    found = facts(script, name)
    (guess,) = node(Facts(found.folder, {**found.files, lock: ""}))
    assert guess.command == command


def test_a_port_in_the_script_is_the_services_port():
    assert node(facts("webpack serve --port 8081"))[0].port == 8081
    assert node(facts("http-server -p 8082 public"))[0].port == 8082


@pytest.mark.parametrize(
    ("script", "restarts"), [("node server.js", True), ("node --watch server.js", False), ("nodemon server.js", False)]
)
def test_only_what_does_not_restart_by_itself_is_restarted(script, restarts):
    assert bool(node(facts(script))[0].restarts) is restarts


@pytest.mark.parametrize(("script", "words"), [("node server.js", "PORT"), ("vite", "host names"), ("vite", "vite")])
def test_what_else_must_be_done_is_said(script, words):
    assert words in " ".join(node(facts(script))[0].advice)


@pytest.mark.parametrize("package", ["", "{", "[]", '{"scripts": []}', '{"scripts": {"build": "tsc"}}'])
def test_a_package_that_starts_nothing_is_no_service(package):
    assert node(Facts("shop", {"package.json": package})) == ()


@pytest.mark.parametrize(
    ("gulpfile", "port"),
    [
        ("livereload.listen();", 35729),
        ("livereload.listen(35730);", 35730),
        ("$.livereload.listen({ quiet: true, port: 35731 });", 35731),
        ("const livereload = require('gulp-livereload'); x.pipe(livereload({port:35732}))", 35732),
        ("browserSync.init()", None),
    ],
)
def test_the_gulpfiles_own_livereload_server_is_found(gulpfile, port):
    assert node(facts("gulp", gulpfile__js=gulpfile))[0].livereload == port
    assert gulp(Facts("shop", {"gulpfile.js": gulpfile}))[0].livereload == port


def test_a_gulpfile_alone_is_run_by_npx():
    gulpfile = "connect.server({ root: 'app', port: 8001 });\nlivereload.listen({ port: 35730 });"
    (guess,) = gulp(Facts("shop", {"gulpfile.mjs": gulpfile}))
    assert (guess.command, guess.port, guess.livereload) == ("npx gulp", 8001, 35730)
    assert gulp(Facts("shop", {})) == ()


@pytest.mark.parametrize(
    ("gulpfile", "advice"),
    [
        ("exports.default = a; exports.css = css;", ('A watch rule can run its tasks: run = "gulp css"',)),
        ("gulp.task('build:js', () => {})", ('A watch rule can run its tasks: run = "gulp build:js"',)),
        ("exports.default = watch;", ()),
    ],
)
def test_a_gulpfiles_tasks_can_be_run_by_rules(gulpfile, advice):
    (guess,) = gulp(Facts("shop", {"gulpfile.js": gulpfile}))
    assert guess.advice[1:] == advice
