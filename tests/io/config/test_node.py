import os

from devserve.io.config.node import path_with_programs


def test_programs_of_the_repositorys_packages_come_first_the_nearest_before_all(tmp_path):
    inside = tmp_path / "repository" / "web"
    found = [inside / "node_modules/.bin", tmp_path / "repository/node_modules/.bin"]
    for folder in (*found, tmp_path / "node_modules/.bin"):
        folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    path = path_with_programs(inside, {"PATH": "/usr/bin"})["PATH"]
    assert path.split(os.pathsep) == [*map(str, found), "/usr/bin"]


def test_without_packages_the_path_stays(tmp_path):
    assert path_with_programs(tmp_path, {"PATH": "/usr/bin"}) == {}
