"""What is never looked at."""

from __future__ import annotations

import pytest

from devserve.watch.ignore import DEFAULT_PATTERNS, Ignored, is_pattern, spelled_out


@pytest.mark.parametrize(
    "path",
    [
        ".git/index.lock",
        ".git",
        "web/node_modules/left-pad/index.js",
        ".venv/lib/python3.13/site.py",
        "app/__pycache__/app.cpython-313.pyc",
        "dist/site.css",
        "packages/a/build/index.html",
        "static/site.css~",
        "static/.site.css.swp",
        "static/4913",
        "static/.#site.css",
        "static/#site.css#",
        "static/site.css___jb_tmp___",
        ".DS_Store",
        "static/.DS_Store",
        "debug.log",
        "site.css.tmp.4711",
    ],
)
def test_leaves_out_what_nobody_edits(path):
    assert Ignored().covers(path)


@pytest.mark.parametrize(
    "path",
    ["static/site.css", "app.py", "src/builder/index.ts", "distance.js", "templates/login.html", ".env", "4913.css"],
)
def test_looks_at_sources(path):
    assert not Ignored().covers(path)


def test_knows_a_folder_from_a_file_of_the_same_name():
    assert Ignored().covers("build", is_dir=True)
    assert not Ignored().covers("build")


def test_obeys_the_gitignore_of_the_repository():
    ignored = Ignored(gitignore="# a comment\n/generated\n*.min.css\n!keep.min.css\n")
    assert ignored.covers("generated/site.css")
    assert ignored.covers("static/site.min.css")
    assert not ignored.covers("static/keep.min.css")
    assert not ignored.covers("src/generated/site.css")


def test_a_gitignore_can_take_a_default_back():
    assert not Ignored(gitignore="!build/\n").covers("build/site.css")


def test_extra_patterns_come_last():
    ignored = Ignored(gitignore="*.svg\n", extra=["!logo.svg", "docs/"])
    assert not ignored.covers("logo.svg")
    assert ignored.covers("other.svg")
    assert ignored.covers("docs", is_dir=True)


@pytest.mark.parametrize("line", ["!", "a\\", "[z-a].css"])
def test_a_line_that_is_no_pattern_matches_nothing(line):
    ignored = Ignored(gitignore=f"{line}\n*.gen.css\n")
    assert not ignored.covers("static/site.css")
    assert ignored.covers("static/site.gen.css")


def test_a_place_that_a_rule_spells_out_is_looked_at():
    ignored = Ignored(gitignore="/public\n", wanted=["dist/css/*.css", "public/**", "src/**/*.scss"])
    assert not ignored.covers("dist", is_dir=True)
    assert not ignored.covers("dist/css", is_dir=True)
    assert not ignored.covers("dist/css/site.css")
    assert not ignored.covers("public/index.html")
    assert ignored.covers("dist/js", is_dir=True)
    assert ignored.covers("dist/js/app.js")


def test_a_wanted_place_still_has_things_that_nobody_edits():
    ignored = Ignored(wanted=["dist/**"])
    assert ignored.covers("dist/.DS_Store")
    assert ignored.covers("dist/node_modules", is_dir=True)
    assert ignored.covers("dist/site.css~")


def test_a_rule_without_a_spelled_out_place_wants_nothing_ignored():
    ignored = Ignored(wanted=["**/*.css", "*.html"])
    assert ignored.covers("node_modules/a/site.css")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("dist/css/*.css", "dist/css"),
        ("/dist/**", "dist"),
        ("dist/", "dist"),
        ("dist/site.css", "dist/site.css"),
        ("**/*.css", ""),
        ("!dist/a", ""),
        ("di?t/a", ""),
    ],
)
def test_the_plain_names_of_a_pattern(pattern, names):
    assert spelled_out(pattern) == names


def test_every_default_pattern_can_be_compiled():
    assert all(is_pattern(line) for line in DEFAULT_PATTERNS.splitlines())


def test_says_what_it_excepts():
    assert repr(Ignored(wanted=["dist/**"])).endswith("except dist>")


def test_the_gitignore_of_a_folder_further_down_counts_there_and_over_what_is_above():
    ignored = Ignored(gitignore="*.svg\n")
    ignored.nest("packages/a", "/out\n!logo.svg\n")
    assert ignored.covers("packages/a/out", is_dir=True)
    assert ignored.covers("packages/a/out/site.css")
    assert not ignored.covers("packages/a/logo.svg")
    assert not ignored.covers("packages/b/out", is_dir=True)
    assert ignored.covers("packages/b/logo.svg")
    ignored.nest("packages/a", "")
    assert not ignored.covers("packages/a/out", is_dir=True)


def test_a_folder_that_is_left_out_takes_nothing_back():
    ignored = Ignored()
    ignored.nest("web", "!*.js\n")
    assert ignored.covers("web/node_modules/a.js")


def test_the_gitignore_of_the_folders_around_counts_too():
    ignored = Ignored(above=[("services/web", "/services/web/generated\n*.gen.css\n")], gitignore="!keep.gen.css\n")
    assert ignored.covers("generated", is_dir=True)
    assert ignored.covers("static/a.gen.css")
    assert not ignored.covers("static/keep.gen.css")


def test_a_folder_that_its_repository_ignores_is_looked_at_when_it_is_run():
    assert not Ignored(above=[("generated/web", "generated/\n")]).covers("site.css")


def test_two_are_the_same_by_what_they_were_made_of():
    assert Ignored(wanted=["src/*.css"]).same(Ignored(wanted=["other/*.js"]))
    assert not Ignored(wanted=["dist/*.css"]).same(Ignored())
    assert not Ignored(extra=["docs/"]).same(Ignored())


def test_no_default_pattern_depends_on_the_folder_around():
    lines = [line.rstrip("/") for line in DEFAULT_PATTERNS.splitlines()]
    assert [line for line in lines if "/" in line] == []
