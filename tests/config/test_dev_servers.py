import json

import pytest

from devserve.config.dev_servers import appended, dev_server_of

PACKAGE = json.dumps({
    "scripts": {
        "dev": "vite --port $PORT",
        "start": "npm run dev",
        "build": "vite build",
        "both": "tsc --watch & cross-env A=1 webpack serve",
        "loop": "npm run loop",
        "serve": "node server.js",
        "built": "tsc && webpack serve --config a.js",
        "grouped": "(cd web && vite)",
        "noted": "vite # for us",
        "piped": "webpack serve | cat",
        "further": "yarn dev",
    }
})  # fmt: skip


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("vite", "vite"),
        ("npx vite --port 3000", "vite"),
        ("npx --yes vite dev", "vite"),
        ("node_modules/.bin/vite serve", "vite"),
        ("node node_modules/vite/bin/vite.js", "vite"),
        ("vite build --watch", ""),
        ("vite preview", ""),
        ("npm run dev", "vite"),
        ("npm start", "vite"),
        ("npm run dev -- --port 1", "vite"),
        ("pnpm dev", "vite"),
        ("yarn run dev", "vite"),
        ("pnpm exec vite", "vite"),
        ("pnpm next dev", "next"),
        ("npm run both", "webpack"),
        ("npm run build", ""),
        ("npm run loop", ""),
        ("npm run nothing", ""),
        ("npm run serve", ""),
        ("next dev", "next"),
        ("next start", ""),
        ("react-scripts start", "react-scripts"),
        ("ng serve", "ng"),
        ("webpack --watch", ""),
        ("python3 server.py", ""),
        ("gulp", ""),
        ("NODE_ENV=development vite", "vite"),
    ],
)
def test_knows_which_command_starts_a_server_with_a_hot_client(command, expected):
    assert dev_server_of(command.split(), PACKAGE) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("vite", "vite --x"),
        ("npx vite --port 3000", "npx vite --port 3000 --x"),
        ("env A=1 npx vite", "env A=1 npx vite --x"),
        ("npm run dev", "npm run dev -- --x"),
        ("npm run dev -- --port 1", "npm run dev -- --port 1 --x"),
        ("npm start", "npm start -- -- --x"),  # its script runs npm again
        ("npm run built", "npm run built -- --x"),
        ("npm run further", "npm run further -- --x"),
        ("npm exec webpack serve", "npm exec webpack serve -- --x"),
        ("pnpm dev", "pnpm dev --x"),
        ("yarn run dev --port 1", "yarn run dev --port 1 --x"),
        ("bun run built", "bun run built --x"),
        ("pnpm start", None),  # its script runs npm
        ("npm run both", "npm run both -- --x"),
        ("npm run grouped", None),
        ("npm run noted", None),
        ("npm run piped", None),
        ("npm run serve", None),
        ("npm run nothing", None),
        ("python3 server.py", None),
    ],
)
def test_arguments_are_appended_where_the_server_gets_them(command, expected):
    found = appended(command.split(), ["--x"], PACKAGE)
    assert found == (expected and tuple(expected.split()))


def test_arguments_behind_a_shell_are_not_the_servers():
    assert appended(["sh", "-c", "vite"], ["--x"]) is None


@pytest.mark.parametrize("package", ["", "[]", '{"scripts": 3}', '{"scripts": {"dev": 3}}', "{"])
def test_a_package_that_says_nothing_is_no_mistake(package):
    assert dev_server_of(["npm", "run", "dev"], package) == ""


def test_a_shells_command_is_looked_into():
    assert dev_server_of(["sh", "-c", "cd web && vite"]) == "vite"


def test_a_command_of_nothing_is_no_server():
    assert dev_server_of([]) == ""
