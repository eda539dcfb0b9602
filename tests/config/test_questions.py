import pytest

from devserve.config.facts import LISTEN_ADVICE, Guess
from devserve.config.questions import questions_for, with_command, with_host, with_restarts

DJANGO = Guess("shop", "python3 manage.py runserver $PORT", "manage.py", restarts=("**/*.py",))
PAGES = Guess("shop", "python3 -m http.server $PORT", "index.html")
UNKNOWN = Guess("shop", "", "")


@pytest.mark.parametrize(
    ("guess", "proposals"),
    [
        (DJANGO, [DJANGO.command, "shop.localhost", "**/*.py"]),
        (PAGES, [PAGES.command, "shop.localhost"]),
        (UNKNOWN, ["", "shop.localhost", "-"]),
        (Guess("web", ("sh", "-c", "a | b"), "Procfile"), ["a | b", "web.localhost"]),
    ],
)
def test_three_questions_at_most_each_with_a_proposal(guess, proposals):
    assert [question.proposal for question in questions_for(guess)] == proposals


@pytest.mark.parametrize("guess", [DJANGO, PAGES, Guess("web", ("sh", "-c", "a | b"), "Procfile")])
def test_the_proposed_answers_change_nothing(guess):
    for question in questions_for(guess):
        assert question.take(guess, question.proposal) == guess


@pytest.mark.parametrize(
    ("answer", "command", "advice"),
    [
        ("npm start", "npm start", (LISTEN_ADVICE,)),
        (" ./serve -p $PORT", " ./serve -p $PORT".strip(), ()),
        ("make && ./serve $PORT", ("sh", "-c", "make && ./serve $PORT"), ()),
    ],
)
def test_another_command_is_taken_as_it_can_be_run(answer, command, advice):
    guess = with_command(Guess("shop", "x", "y", port=3000), answer)
    assert (guess.command, guess.port, guess.advice) == (command, None, advice)


@pytest.mark.parametrize(
    ("answer", "host"), [("shop.localhost", ""), ("Shop.Test", "shop.test"), ("www.shop.test ", "www.shop.test")]
)
def test_a_host_is_kept_only_if_it_is_not_the_usual_one(answer, host):
    assert with_host(DJANGO, answer).host == host


@pytest.mark.parametrize(("answer", "patterns"), [("-", ()), ("*.py  lib/**", ("*.py", "lib/**"))])
def test_patterns_stand_between_spaces(answer, patterns):
    assert with_restarts(DJANGO, answer).restarts == patterns


@pytest.mark.parametrize(
    ("take", "answer"),
    [(with_command, "  "), (with_command, "say 'x"), (with_host, "https://shop.test"), (with_host, "a b")],
)
def test_what_is_no_answer_says_what_would_be(take, answer):
    with pytest.raises(ValueError, match=r"a host|a command|text"):
        take(DJANGO, answer)
