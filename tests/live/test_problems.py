from devserve.live.problems import MOST_CHARACTERS, MOST_LINES, MOST_PROBLEMS, Problem, Problems

BROKEN = Problem("css", "css failed", ("line 3",))


def test_a_problem_lasts_until_its_task_succeeds():
    problems = Problems()
    assert problems.note("web", BROKEN)
    assert not problems.note("web", BROKEN)
    assert problems.of("web") == (BROKEN,)
    assert problems.of("mail") == ()
    assert problems.note("web", Problem("css"))
    assert not problems.note("web", Problem("css"))
    assert problems.of("web") == ()


def test_the_next_problem_of_a_task_replaces_its_last():
    problems = Problems()
    problems.note("web", BROKEN)
    problems.note("web", Problem("js", "js failed"))
    assert problems.note("web", Problem("css", "css failed again"))
    assert [problem.title for problem in problems.of("web")] == ["css failed again", "js failed"]


def test_a_problem_fits_on_a_page():
    problems = Problems()
    lines = ("", *(str(number) for number in range(MOST_LINES + 5)), "x" * 10_000, " ")
    problems.note("web", Problem("css", "css failed", lines))
    (shown,) = problems.of("web")
    assert len(shown.lines) == MOST_LINES
    assert shown.lines[0] == "6"
    assert len(shown.lines[-1]) == MOST_CHARACTERS + 2


def test_there_is_a_bound_to_what_is_wrong():
    problems = Problems()
    for number in range(MOST_PROBLEMS + 2):
        problems.note("web", Problem(str(number), "failed"))
    assert [problem.key for problem in problems.of("web")] == [str(number) for number in range(2, MOST_PROBLEMS + 2)]
