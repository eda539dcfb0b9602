import pytest

from devserve.config.facts import READ, SEEN, Facts, service_of


@pytest.mark.parametrize(
    ("folder", "name"), [("shop", "shop"), ("My Shop_2", "my-shop-2"), ("", "web"), ("___", "web"), ("devserve", "web")]
)
def test_an_only_service_has_its_folders_name(folder, name):
    assert service_of(Facts(folder, {})) == name


def test_notable_files_are_below_the_folder():
    assert all(name and not name.startswith(("/", "../")) for name in (*READ, *SEEN))


def test_a_file_is_read_or_only_seen():
    assert not set(READ) & set(SEEN)
