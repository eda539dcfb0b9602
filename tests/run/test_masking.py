import pytest

from devserve.run.masking import MASK, Mask, secrets_of

SECRETS = {
    "a key": ({"API_KEY": "sk_live_4eC39HqLyjWDarjt"}, ("sk_live_4eC39HqLyjWDarjt",)),
    "a value that looks random": ({"STRIPE": "4eC39HqLyjWDarjt"}, ("4eC39HqLyjWDarjt",)),
    "words under a telling name": ({"DB_PASSWORD": "correct-horse"}, ("correct-horse",)),
    "a short value": ({"API_KEY": "1234567"}, ()),
    "a UUID": ({"CLIENT": "550e8400-e29b-41d4-a716-446655440000"}, ("550e8400-e29b-41d4-a716-446655440000",)),
    "the password of a URL too": (
        {"DATABASE_URL": "postgres://ann:hunter2%2Fhunter2@localhost/shop"},
        ("postgres://ann:hunter2%2Fhunter2@localhost/shop", "hunter2%2Fhunter2", "hunter2/hunter2"),
    ),
    "each line of a key": (
        {"PEM": "-----BEGIN KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n"},
        ("-----BEGIN KEY-----", "MIIEvQIBADANBg", "kqhkiG9w0BAQEF"),
    ),
    "an address with a secret in its path": (
        {"HOOK": "https://hooks.example.com/T01AB2/xYz9"},
        ("https://hooks.example.com/T01AB2/xYz9",),
    ),
    "what is no URL": ({"ODD": "http://[half"}, ("http://[half",)),
}


@pytest.mark.parametrize(("variables", "secrets"), SECRETS.values(), ids=SECRETS)
def test_secrets_are_long_values_that_look_or_are_called_like_some(variables, secrets):
    assert secrets_of(variables) == secrets


@pytest.mark.parametrize(
    "value",
    ["development", "http://localhost:3000/api/v1", "./data/app.db", "127.0.0.1:5432", "info, debug", "/var/log/shop/"],
)
def test_words_and_addresses_are_no_secrets(value):
    assert secrets_of({"SETTING": value}) == ()


KEY, LONG = "sk_live_4eC39H", "sk_live_4eC39H_and_more"

LINES = {
    "nothing to hide": ("listening", "listening"),
    "within words": (f"key={KEY}!", f"key={MASK}!"),
    "twice": (f"{KEY} {KEY}", f"{MASK} {MASK}"),
    "the longer one whole": (LONG, MASK),
    "in colours": (f"\x1b[31m{KEY}\x1b[m", f"\x1b[31m{MASK}\x1b[m"),
    "with a colour that changes within": ("a \x1b[1msk_live\x1b[m_4eC39H b", f"a {MASK} b"),
}


@pytest.mark.parametrize(("line", "shown"), LINES.values(), ids=LINES)
def test_a_line_is_shown_without_secrets(line, shown):
    mask = Mask(secrets_of({"KEY": KEY, "OTHER": LONG}))
    assert list(mask.lines(["before", line, "after"])) == ["before", shown, "after"]


def test_without_secrets_lines_stay_the_same_objects():
    lines = ["a", "b"]
    assert Mask(()).lines(lines) is lines
    assert Mask((KEY,)).lines(lines) is lines
    assert repr(Mask((KEY,))) == "<Mask of 1 secrets>"
