from pathlib import Path

import pytest

from devserve.config.scaffold import propose
from devserve.config.values import Project
from devserve.errors import ConfigError, UsageError
from devserve.io.config.projects import NAME, examine, nearest, read, read_all, write_folder, write_new


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of repositories, which is the current one."""
    folder = tmp_path.resolve() / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def repository(folder: Path, text: str = "") -> Path:
    """A repository with one service of the folder's name, or with this devserve.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text(text or f"[services.{folder.name}]\nport = 3000\n")
    return folder


def names(*paths: Path) -> list[str]:
    return [service.name for project in read_all(paths) for service in project.services]


def problems_of(*paths: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read_all(paths)
    return caught.value.problems


def test_the_nearest_file_is_here_or_above(work):
    shop = repository(work / "shop")
    (shop / "src" / "deep").mkdir(parents=True)
    assert nearest(shop) == nearest(shop / "src" / "deep") == shop / NAME


def test_without_any_file_above_the_way_to_begin_is_said(work):
    with pytest.raises(UsageError, match=r"There is no devserve.toml in .*/work or above it; .*devserve init"):
        nearest(work)


def test_a_folder_and_its_file_are_the_same_project(work):
    shop = repository(work / "shop")
    assert read(shop) == read(shop / NAME) == read(Path("shop"))
    assert read(shop).file == shop / NAME


def test_a_link_leads_to_the_repository_itself(work):
    shop = repository(work / "shop")
    (work / "alias").symlink_to(shop)
    assert read(work / "alias").root == shop
    assert names(work / "alias", shop) == ["shop"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"[services.a]\nport = 1\n# caf\xe9\n", "3:6: not UTF-8: byte 0xe9; save the file as UTF-8"),
        (b"\xff\xfe[\x00", "1:1: not UTF-8: byte 0xff; save the file as UTF-8"),
        (b"x = 1\n", '1:1: unknown key "x" at the top level; known are "project", "services", "plugins"'),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_name_from_here(work, data, problem):
    (repository(work / "shop") / NAME).write_bytes(data)
    assert problems_of(work / "shop") == (f"shop/devserve.toml:{problem}",)


def test_a_file_that_is_not_below_is_named_in_full(work):
    other = repository(work.parent / "other", "x = 1\n")
    assert problems_of(other)[0].startswith(f"{other}/devserve.toml:1:1: ")


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(work):
    (repository(work / "shop") / NAME).write_bytes(b"\xef\xbb\xbf[services.a]\r\nport = 1\r\n")
    assert names(work / "shop") == ["a"]


def test_what_cannot_be_read_is_a_problem_of_its_own(work):
    with pytest.raises(ConfigError, match=r"^shop/devserve.toml/x:1:1: cannot be read: Not a directory; "):
        read(repository(work / "shop") / NAME / "x")


def test_a_folder_without_a_file_is_wrong_usage(work):
    (work / "empty").mkdir()
    with pytest.raises(UsageError, match=r"There is no empty/devserve.toml; .*devserve init"):
        read(work / "empty")
    with pytest.raises(UsageError, match=r"There is no devserve.toml in .*/empty or its sub-folders"):
        read_all([work / "empty"])
    with pytest.raises(UsageError, match=r"There is no file or folder .*/gone"):
        read_all([work / "gone"])


def test_a_folder_in_which_a_plugin_finds_services_needs_no_file(work):
    (work / "shop").mkdir()
    (work / "shop" / "Procfile").write_text("web: true\n")
    assert read_all([work / "shop"]) == (Project(work / "shop" / NAME),) == (read(work / "shop"),)
    repository(work / "mail", '[project]\ninclude = ["../shop"]\n')
    assert [project.root.name for project in read_all([work / "mail"])] == ["mail", "shop"]


def test_a_file_that_is_there_is_read_whatever_a_plugin_would_find(work):
    shop = repository(work / "shop", "x = 1\n")
    (shop / "Procfile").write_text("web: true\n")
    assert problems_of(shop)[0].startswith("shop/devserve.toml:1:1: unknown key")
    (shop / NAME).unlink()
    (shop / NAME).symlink_to("nowhere")
    with pytest.raises(UsageError):
        read(shop)


def test_files_and_folders_that_are_named_must_be_there(work, monkeypatch):
    text = (
        '[project]\ninclude = ["../gone"]\nplugins = ["here.py", "there.py"]\n'
        '[services.a]\nport = 1\nenv_file = ".env"\ncwd = "here.py"\n'
    )
    shop = repository(work / "shop", text)
    (shop / "here.py").write_text("")
    monkeypatch.chdir(shop)
    assert problems_of(shop) == (
        f'{NAME}:2:12: there is no folder {shop}/../gone; create it, or edit item 1 of "include" in [project]',
        f'{NAME}:3:23: there is no file {shop}/there.py; create it, or edit item 2 of "plugins" in [project]',
        f'{NAME}:6:1: there is no file {shop}/.env; create it, or edit "env_file" in [services.a]',
        f'{NAME}:7:1: there is no folder {shop}/here.py; create it, or edit "cwd" in [services.a]',
    )


def test_a_folder_of_repositories_stands_for_all_of_them(work):
    for name in ("c", "a", "b"):
        repository(work / name)
    (work / "notes").mkdir()
    assert names(work) == ["a", "b", "c"]


def test_a_folder_with_a_file_of_its_own_stands_for_itself(work):
    repository(work / "shop" / "inner")
    repository(work / "shop")
    assert names(work / "shop") == ["shop"]


def test_included_repositories_come_along_once_even_in_a_circle(work):
    repository(work / "a", '[project]\ninclude = ["../b"]\n[services.a]\nport = 1\nneeds = ["c"]\n')
    repository(work / "b", '[project]\ninclude = ["../a", "../c"]\n[services.b]\nport = 2\n')
    repository(work / "c", '[project]\ninclude = ["."]\n[services.c]\nport = 3\n')
    assert names(work / "a") == ["a", "b", "c"]
    assert names(work / "c", work / "a", work / "b", work) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("include", "problem"),
    [
        ("../empty", "there is no devserve.toml in {work}/shop/../empty or its sub-folders; run `devserve init` there"),
        ("../gone", "there is no folder {work}/shop/../gone; create it"),
        ("../gone/*", "there is no folder {work}/shop/../gone; create it"),
    ],
)
def test_an_include_that_leads_to_no_project_is_said_where_it_stands(work, include, problem):
    (work / "empty").mkdir()
    repository(work / "shop", f'[project]\ninclude = [".", "{include}"]\n')
    said = f'shop/devserve.toml:2:17: {problem.format(work=work)}, or edit item 2 of "include" in [project]'
    assert problems_of(work / "shop") == (said,)


def test_a_pattern_includes_the_folders_that_have_a_project(work):
    repository(work / "shop", '[project]\ninclude = ["../*", "../services/*"]\n[services.shop]\nport = 1\n')
    repository(work / "services" / "mail")
    repository(work / "contacts")
    (work / "services" / "notes").mkdir()
    (work / "README").write_text("")
    assert names(work / "shop") == ["contacts", "mail", "shop"]


def test_a_pattern_may_find_nothing(work):
    (work / "services").mkdir()
    repository(work / "shop", '[project]\ninclude = ["../services/*"]\n[services.shop]\nport = 1\n')
    assert names(work / "shop") == ["shop"]


def test_the_mistakes_of_all_files_are_said_at_once_in_their_order(work):
    repository(work / "b", "x = 1\n")
    repository(work / "a", "\n" * 9 + "z = 1\n" + "y = 1\n")
    assert [problem.partition(": ")[0] for problem in problems_of(work)] == [
        "a/devserve.toml:10:1",
        "a/devserve.toml:11:1",
        "b/devserve.toml:1:1",
    ]


def test_projects_that_exclude_each_other_do_not_run_together(work):
    repository(work / "a", "[services.web]\nport = 1\n")
    repository(work / "b", "[services.web]\nport = 2\n")
    assert problems_of(work) == (
        f"{work}/b/{NAME}: [services.web] answers at https://web.localhost/ like [services.web] of {work}/a/{NAME}; "
        "give one of them another host or path",
    )
    repository(work / "b", '[services.web]\nport = 2\nhost = "other.localhost"\n')
    assert names(work) == ["web", "web"]


def test_a_repository_is_known_by_its_notable_files(work):
    (work / "app").mkdir()
    (work / "app" / "main.py").write_bytes(b"# caf\xe9\nfrom fastapi import FastAPI\n")
    (work / "uv.lock").write_text("long and of no interest")
    (work / ".env").write_text("SECRET=1")
    (work / "package.json").mkdir()
    facts = examine(work)
    assert facts.folder == "work"
    assert facts.files == {"app/main.py": "# caf\ufffd\nfrom fastapi import FastAPI\n", "uv.lock": ""}


def test_a_proposal_for_what_is_there_can_be_read_again(work):
    (work / "public").mkdir()
    (work / "public" / "index.html").write_text("<p>")
    write_new(work / NAME, propose(examine(work)))
    assert names(work) == ["work"]


def test_a_file_that_is_there_is_never_overwritten(work):
    repository(work, "# mine\n")
    with pytest.raises(UsageError, match="is there already and stays as it is"):
        write_new(work / NAME, "# yours\n")
    assert (work / NAME).read_text() == "# mine\n"


def test_a_folder_that_is_not_there_cannot_be_written(work):
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        write_new(work / "gone" / NAME, "")


def test_a_new_folder_is_written_with_all_its_files(work):
    write_folder(work / "new", {"a.txt": "a", "deep/b.txt": "b"})
    assert (work / "new" / "deep" / "b.txt").read_text() == "b"
    with pytest.raises(UsageError, match="new is there already and stays as it is"):
        write_folder(work / "new", {})
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        write_folder(work / "gone" / "new", {})
