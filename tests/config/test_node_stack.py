import json

import pytest

from devserve.config.facts import Facts
from devserve.config.node_stack import gulp, node, node_server


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


@pytest.mark.parametrize(
    ("script", "words"), [("node server.js", "PORT"), ("vue-cli-service serve", "host names"), ("ng serve", "")]
)
def test_what_else_must_be_done_is_said(script, words):
    said = " ".join(node(facts(script))[0].advice)
    assert words in said
    assert bool(words) is bool(said)


@pytest.mark.parametrize("reloader", ["nodemon", "node --watch", "node-dev"])
def test_of_two_scripts_for_one_file_the_one_without_a_reloader_is_run(reloader):
    scripts = {"dev": f"{reloader} app.js", "start": "node app.js"}
    (guess,) = node(Facts("shop", {"package.json": json.dumps({"scripts": scripts})}))
    assert (guess.command, bool(guess.restarts)) == ("npm start", True)


def test_a_reloader_is_kept_where_the_other_script_runs_something_else():
    scripts = {"dev": "nodemon src/app.js", "start": "node dist/app.js"}
    (guess,) = node(Facts("shop", {"package.json": json.dumps({"scripts": scripts})}))
    assert (guess.command, guess.restarts) == ("npm run dev", ())


@pytest.mark.parametrize(
    ("program", "port", "advised"),
    [
        ("app.listen(3000)", 3000, False),
        ("const port = 3001;\napp.listen(port)", 3001, False),
        ("app.listen(process.env.PORT || 3000)", None, False),
        ("app.listen(options)", None, True),
    ],
)
def test_what_a_program_listens_on_is_read_in_it(program, port, advised):
    express = {"package.json": '{"dependencies": {"express": "5"}}', "app.js": program}
    (guess,) = node_server(Facts("shop", express))
    assert (guess.command, guess.port, bool(guess.advice)) == ("node app.js", port, advised)
    (guess,) = node(facts("node ./app.js", app__js=program))
    assert (guess.command, guess.port, bool(guess.advice)) == ("npm start", port, advised)


@pytest.mark.parametrize("files", [{"app.js": "app.listen(1)"}, {"package.json": '{"dependencies": {"express": "5"}}'}])
def test_a_program_that_is_not_known_to_answer_is_no_service(files):
    assert node_server(Facts("shop", files)) == ()


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


@pytest.mark.parametrize(
    ("gulpfile", "port", "livereload"),
    [
        ("connect.server({ port: 8001 });", 8001, None),
        (
            "const LIVERELOAD_PORT = 35731;\nlivereload.listen({ port: LIVERELOAD_PORT });\napp.listen(8002);",
            8002,
            35731,
        ),
        ("app.listen(process.env.PORT || 8000); livereload.listen();", None, 35729),
    ],
)
def test_a_gulp_that_a_script_runs_is_read_too(gulpfile, port, livereload):
    (guess,) = node(facts("gulp", gulpfile__js=gulpfile))
    assert (guess.command, guess.port, guess.livereload) == ("npm start", port, livereload)
    (alone,) = gulp(Facts("shop", {"gulpfile.js": gulpfile}))
    assert (alone.port, alone.livereload) == (port, livereload)


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
