"""The server of the static plugin: what it shows, what it never shows, and how it says so."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from devserve_static.files import content_type, found
from devserve_static.handler import FileHandler
from support.proxied import free_port, run

SECRET = "the secret"
PAGE = "<h1>Grüße</h1>"


@dataclass(frozen=True)
class Answer:
    """A response, read to its end."""

    status: int
    fields: Message
    body: bytes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of files, and beside it what must never be shown."""
    root = tmp_path / "site"
    for folder in ("css", "docs", "empty", ".git", "sub/.hidden"):
        (root / folder).mkdir(parents=True)
    (root / "index.html").write_text(PAGE)
    (root / "docs" / "index.html").write_text("docs")
    (root / "css" / "site.css").write_text("h1 { color: red }")
    (root / "with space & é.txt").write_text("0123456789")
    for secret in (".env", ".git/config", "sub/.hidden/x.txt", "server.key", "ca.PEM", "back\\slash.txt"):
        (root / secret).write_text(SECRET)
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "site-secret.txt").write_text(SECRET)
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "out").symlink_to(tmp_path)
    (root / "env.txt").symlink_to(root / ".env")
    (root / "inside.css").symlink_to(root / "css" / "site.css")
    (root / "loop").symlink_to(root / "loop")
    (root / "gone").symlink_to(root / "nowhere")
    os.mkfifo(root / "pipe")
    return root.resolve()


def ask(
    root: Path, *targets: str, method: str = "GET", spa: bool = False, lists: bool = False, **fields: str
) -> list[Answer]:
    """Return the answers to requests with these targets, as they are. Underscores in `fields` stand for hyphens."""

    async def conversation() -> list[Answer]:
        sockets = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(Application([(r"/(.*)", FileHandler, {"path": str(root), "spa": spa, "lists": lists})]))
        server.add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        try:
            return [await one(port, target) for target in targets]
        finally:
            server.stop()
            await server.close_all_connections()

    async def one(port: int, target: str) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        writer.write(f"{method} {target} HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n{more}\r\n".encode())
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        writer.close()
        line, _, rest = head.partition(b"\r\n")
        return Answer(int(line.split()[1]), BytesParser().parsebytes(rest), body)

    return run(conversation())


@pytest.mark.parametrize(
    "target",
    [
        "/../secret.txt",
        "/../site-secret.txt",
        "/css/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/%2E%2E%2Fsecret.txt",
        "/..%2fsecret.txt",
        "/%252e%252e/secret.txt",
        "/%252e%252e%252fsecret.txt",
        "/%c0%ae%c0%ae/secret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/css%5c..%5c..%5csecret.txt",
        "/back%5cslash.txt",
        "/%00",
        "/index.html%00.txt",
        "/.env",
        "/%2eenv",
        "/./.env",
        "/.env/",
        "/.git/config",
        "/%2egit%2fconfig",
        "/sub/.hidden/x.txt",
        "/server.key",
        "/ca.PEM",
        "/env.txt",
        "/out.txt",
        "/out/secret.txt",
        "/loop",
        "/gone",
        "/pipe",
        "/index.html/",
        "/index.html/.",
        "/index.html%2f",
        "/index.html/x",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/etc/passwd",
        "/~root",
        "/css/site.css%20",
        "/css/site.css.",
        "/INDEX.HTML%00",
        "/" + "a" * 300,
        "/" + "a/" * 5000,
    ],
)
@pytest.mark.parametrize("spa", [False, True], ids=["files", "spa"])
def test_what_must_not_be_shown_is_not_there(root: Path, target: str, spa: bool) -> None:
    (answer,) = ask(root, target, spa=spa, lists=True)
    assert answer.status in (400, 404)
    assert SECRET.encode() not in answer.body
    assert b"root:" not in answer.body


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", ""),
        ("/", ""),
        ("index.html", "index.html"),
        ("css/", "css"),
        ("css//site.css", "css/site.css"),
        ("inside.css", "css/site.css"),
        ("out/site/index.html", "index.html"),
        ("out/secret.txt", None),
        ("css\0", None),
        ("\udcff", None),
        ("..", None),
        (".", None),
    ],
)
def test_a_path_means_where_it_really_leads(root: Path, path: str, name: str | None) -> None:
    assert found(root, path) == (None if name is None else root / name)


@pytest.mark.parametrize(
    ("target", "kind", "body"),
    [
        ("/", "text/html; charset=utf-8", PAGE),
        ("/?v=1", "text/html; charset=utf-8", PAGE),
        ("/docs/", "text/html; charset=utf-8", "docs"),
        ("/css/site.css", "text/css; charset=utf-8", "h1 { color: red }"),
        ("/inside.css", "text/css; charset=utf-8", "h1 { color: red }"),
        ("/with%20space%20&%20%C3%A9.txt", "text/plain; charset=utf-8", "0123456789"),
    ],
)
def test_a_file_is_sent_with_its_type_and_asked_for_again(root: Path, target: str, kind: str, body: str) -> None:
    (answer,) = ask(root, target)
    assert (answer.status, answer.fields["Content-Type"], answer.body.decode()) == (200, kind, body)
    assert answer.fields["Cache-Control"] == "no-cache"
    assert answer.fields["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.JS", "text/javascript; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.svg", "image/svg+xml"),
        ("a.woff2", "font/woff2"),
        ("a.avif", "image/avif"),
        ("a.json", "application/json"),
        ("a.js.map", "application/json"),
        ("a.tar.gz", "application/gzip"),
        ("a.bz2", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
def test_the_type_is_told_by_the_ending(name: str, kind: str) -> None:
    assert content_type(name) == kind


@pytest.mark.parametrize(
    ("asked", "status", "body", "content_range"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=5-99", 206, b"56789", "bytes 5-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=nonsense", 200, b"0123456789", None),
    ],
)
def test_a_range_is_a_part(root: Path, asked: str, status: int, body: bytes, content_range: str | None) -> None:
    (answer,) = ask(root, "/with%20space%20&%20%C3%A9.txt", Range=asked)
    assert (answer.status, answer.body, answer.fields["Content-Range"]) == (status, body, content_range)


def test_a_range_of_another_version_is_answered_by_the_whole(root: Path) -> None:
    (first,) = ask(root, "/css/site.css")
    (part,) = ask(root, "/css/site.css", Range="bytes=0-1", If_Range=first.fields["Etag"])
    (whole,) = ask(root, "/css/site.css", Range="bytes=0-1", If_Range='"another"')
    assert (part.status, part.body) == (206, b"h1")
    assert (whole.status, whole.body) == (200, first.body)


def test_head_has_the_fields_of_get_and_no_body(root: Path) -> None:
    for target in ("/", "/empty/"):
        (asked,), (got,) = ask(root, target, method="HEAD", lists=True), ask(root, target, lists=True)
        assert (asked.status, asked.body) == (200, b"")
        assert asked.fields["Content-Length"] == got.fields["Content-Length"] == str(len(got.body))


def test_what_did_not_change_is_not_sent_again_and_what_did_is(root: Path) -> None:
    file = root / "css" / "site.css"
    (first,) = ask(root, "/css/site.css")
    tag = first.fields["Etag"]
    assert ask(root, "/css/site.css", If_None_Match=tag)[0].status == 304
    assert ask(root, "/css/site.css", If_Modified_Since=first.fields["Last-Modified"])[0].status == 304
    saved = file.stat()
    file.write_text("h1 { color: tan }")  # as long as before, within the same second
    os.utime(file, ns=(saved.st_atime_ns, saved.st_mtime_ns + 1))
    (again,) = ask(root, "/css/site.css", If_None_Match=tag)
    assert (again.status, again.body) == (200, b"h1 { color: tan }")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed(root: Path, method: str) -> None:
    (answer,) = ask(root, "/index.html", method=method, Content_Length="0")
    assert answer.status == 405


@pytest.mark.parametrize(
    ("target", "place"),
    [("/docs", "/docs/"), ("/docs?a=b", "/docs/?a=b"), ("//docs", "/docs/"), ("/docs%2f..", None)],
)
def test_a_folder_is_asked_for_with_a_slash(root: Path, target: str, place: str | None) -> None:
    (answer,) = ask(root, target)
    assert (answer.status, answer.fields["Location"]) == ((302, place) if place else (404, None))


def test_folders_are_listed_where_that_was_asked_for(root: Path) -> None:
    (hidden,) = ask(root, "/css/")
    assert hidden.status == 404
    (answer,) = ask(root, "/css/", lists=True)
    assert '<a href="../">../</a>' in answer.body.decode()
    assert '<a href="./site.css">site.css</a>' in answer.body.decode()


def test_a_listing_has_what_can_be_asked_for_and_no_markup_of_names(root: Path) -> None:
    (root / "index.html").unlink()
    (root / "a<b>.txt").write_text("")
    (root / "javascript:x").write_text("")
    (answer,) = ask(root, "/", lists=True)
    listed = answer.body.decode()
    links = [part.partition('"')[0] for part in listed.split('href="')[1:]]
    assert links == [
        "./css/",
        "./docs/",
        "./empty/",
        "./sub/",
        "./a%3Cb%3E.txt",
        "./inside.css",
        "./javascript%3Ax",
        "./with%20space%20%26%20%C3%A9.txt",
    ]
    assert "a&lt;b&gt;.txt" in listed


BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.mark.parametrize(
    ("target", "fields", "status"),
    [
        ("/cart/17", {"Accept": BROWSER}, 200),
        ("/cart/", {"Sec_Fetch_Mode": "navigate"}, 200),
        ("/cart/17", {"Accept": "*/*"}, 404),
        ("/cart.js", {"Accept": BROWSER}, 404),
        ("/.well-known/x", {"Accept": BROWSER}, 404),
        ("/css/site.css", {"Accept": BROWSER}, 200),
    ],
)
def test_a_program_in_the_browser_gets_its_page_for_its_own_addresses(
    root: Path, target: str, fields: dict[str, str], status: int
) -> None:
    (answer,) = ask(root, target, spa=True, **fields)
    assert answer.status == status
    assert (PAGE.encode() == answer.body) == (status == 200 and "." not in target)
    (without,) = ask(root, "/cart/17", Accept=BROWSER)
    assert without.status == 404


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_not_there(root: Path) -> None:
    (root / "css" / "site.css").chmod(0)
    assert ask(root, "/css/site.css")[0].status == 404


def test_the_program_says_what_is_wrong_with_its_start(root: Path) -> None:
    def said(*arguments: str, **environment: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "devserve_static", *arguments]
        kept = {name: value for name, value in os.environ.items() if name != "PORT"}
        done = subprocess.run(
            command, env={**kept, **environment}, cwd=root, capture_output=True, text=True, timeout=30, check=False
        )
        return done.returncode, done.stderr

    sockets = bind_sockets(0, "127.0.0.1")
    taken = str(sockets[0].getsockname()[1])
    assert said("nowhere", PORT="1")[1].endswith(f"{root}/nowhere is no folder; give one that holds the files\n")
    assert "PORT says on which port to listen" in said()[1]
    assert said(PORT=taken) == (
        1,
        f"devserve-static: port {taken} cannot be had: Address already in use; set PORT to another one\n",
    )
    sockets[0].close()


def test_the_server_listens_on_this_machine_only(root: Path) -> None:
    port = free_port()
    environment = {**os.environ, "PORT": str(port)}
    command = [sys.executable, "-m", "devserve_static"]
    with subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == f"serving {root} on http://127.0.0.1:{port}\n"
        server.terminate()
