import json

import pytest

from devserve.config.dev_servers import dev_server_of

PACKAGE = json.dumps({
    "scripts": {
        "dev": "vite --port $PORT",
        "start": "npm run dev",
        "build": "vite build",
        "both": "tsc --watch & cross-env A=1 webpack serve",
        "loop": "npm run loop",
        "serve": "node server.js",
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


@pytest.mark.parametrize("package", ["", "[]", '{"scripts": 3}', '{"scripts": {"dev": 3}}', "{"])
def test_a_package_that_says_nothing_is_no_mistake(package):
    assert dev_server_of(["npm", "run", "dev"], package) == ""


def test_a_shells_command_is_looked_into():
    assert dev_server_of(["sh", "-c", "cd web && vite"]) == "vite"


def test_a_command_of_nothing_is_no_server():
    assert dev_server_of([]) == ""
