import pytest

from devserve.proxy.pages.scripts import ScriptEnd


@pytest.mark.parametrize(
    "text",
    [
        "¦</script>",
        "'</scripted>'¦</script>",
        "<!-- ¦</script>",
        "<!-- <script> </script> ¦</script>",
        "<!-- <script> --> ¦</script>",
        "<!--> <script> ¦</script>",
        "<!-- <script/ </SCRIPT\n ¦</script>",
        "--> <script> ¦</script\n>",
    ],
)
def test_finds_the_end_of_a_script(text):
    script, end, place = text.replace("¦", ""), ScriptEnd(), 0
    while not end.ended:
        found = end.find(script, place)
        assert found is not None
        place = found.end()
    assert place == text.index("¦")


def test_a_script_without_an_end_has_none():
    assert ScriptEnd().find("a < b", 0) is None
