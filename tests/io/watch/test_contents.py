"""Files that were saved and did not change."""

from __future__ import annotations

import asyncio
import os

import pytest

from devserve.io.watch.contents import MOST, Contents, digest_of


def touched(file):
    file.touch()


def written_again(file):
    file.write_text(file.read_text())


def replaced(file):
    file.with_name("new").write_text(file.read_text())
    file.with_name("new").rename(file)


def there_and_back(file):
    text = file.read_text()
    file.unlink()
    file.write_text(text)


@pytest.mark.parametrize("save", [touched, written_again, replaced, there_and_back])
def test_a_save_that_changes_no_byte_alters_nothing(tmp_path, save):
    file = tmp_path / "app.py"
    file.write_text("x")
    contents = Contents(tmp_path)
    assert contents.altered(["app.py"]) == ("app.py",)
    save(file)
    assert contents.altered(["app.py"]) == ()


def longer(file):
    file.write_text("longer")


def same_size_and_time(file):
    status = file.stat()
    file.write_text("y")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def removed(file):
    file.unlink()


@pytest.mark.parametrize("save", [longer, same_size_and_time, removed])
def test_a_save_that_changes_something_does(tmp_path, save):
    file = tmp_path / "app.py"
    file.write_text("x")
    contents = Contents(tmp_path)
    contents.altered(["app.py"])
    save(file)
    assert contents.altered(["app.py", "other.py"]) == ("app.py", "other.py")
    assert contents.altered(["app.py", "other.py"]) == ()


def test_a_large_file_has_always_changed(tmp_path):
    (tmp_path / "film.mp4").write_bytes(bytes(MOST + 1))
    contents = Contents(tmp_path)
    assert contents.altered(["film.mp4"]) == contents.altered(["film.mp4"]) == ("film.mp4",)
    assert digest_of(tmp_path) is None


def test_the_first_save_is_compared_with_what_was_there_before(tmp_path):
    (tmp_path / "app.py").write_text("x")
    contents = Contents(tmp_path, since=(tmp_path / "app.py").stat().st_ctime_ns + 1)
    asyncio.run(contents.learn(["app.py", "gone.py"]))
    assert repr(contents) == "<Contents 1 files>"
    (tmp_path / "app.py").touch()
    assert contents.altered(["app.py"]) == ()


def test_a_file_that_is_saved_before_it_is_learned_has_changed(tmp_path):
    contents = Contents(tmp_path)
    (tmp_path / "app.py").write_text("x")
    asyncio.run(contents.learn(["app.py"]))
    assert contents.altered(["app.py"]) == ("app.py",)


def test_what_is_forgotten_counts_again(tmp_path):
    (tmp_path / "app.py").write_text("x")
    contents = Contents(tmp_path)
    contents.altered(["app.py"])
    contents.forget(["app.py", "other.py"])
    assert contents.altered(["app.py"]) == ("app.py",)
