import pytest

from devserve.run.beginning import beginning

SHOP, MAIL, ALL = "https://shop.test/", "https://mail.test/", "https://devserve.localhost/"


@pytest.mark.parametrize(
    ("urls", "missing", "said"),
    [
        ([SHOP], [], f"ready in 0.8 s; open {SHOP} and save a file: the page follows. Ctrl-C ends it."),
        (
            [SHOP, MAIL],
            [],
            f"both services ready in 0.8 s; open {ALL} and save a file: the page follows. Ctrl-C ends it.",
        ),
        ([SHOP, MAIL], ["mail"], "1 of 2 services ready after 0.8 s; see why: devserve logs mail"),
        ([], [], f"no service yet: plugins look for some, and start what they find; see {ALL}. Ctrl-C ends it."),
        ([SHOP], ["shop"], "0 of 1 services ready after 0.8 s; see why: devserve logs shop"),
    ],
)
def test_the_start_ends_with_what_to_do(urls, missing, said):
    assert beginning(urls, missing, 0.83, ALL) == said


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ([], "1 of 2 services ready in 0.8 s; 1 not allowed yet: devserve allow /mail"),
        (
            ["shop"],
            "0 of 2 services ready after 0.8 s; see why: devserve logs shop; 1 not allowed yet: devserve allow /mail",
        ),
    ],
)
def test_what_may_not_run_yet_is_said_with_the_command(missing, said):
    assert beginning([SHOP, MAIL], missing, 0.83, ALL, 1, "devserve allow /mail") == said
