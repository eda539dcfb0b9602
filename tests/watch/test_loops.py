"""Histories of changes and work, and which of them are loops."""

from __future__ import annotations

import pytest

from devserve.watch.loops import MOST_ROUNDS, MOST_RUNS, Loops, Trigger, last_round


def trigger(path, service="web", work="make", rule="src/**"):
    return Trigger(service, path, rule, work)


class Play:
    """Work of one second after the other; each change is heard of where it is said."""

    def __init__(self):
        self.loops = Loops()
        self.now = 0.0

    def hear(self, path, service="web"):
        return self.loops.heard(service, path, self.now)

    def work(self, *triggers, writes=(), service="web"):
        """Work for a second, in the middle of which these files change; return the loops, if it was not begun."""
        loops = self.loops.begin(service, triggers)
        if loops:
            return loops
        self.now += 0.5
        self.heard = [self.hear(*each) if isinstance(each, tuple) else self.hear(each) for each in writes]
        self.now += 0.5
        self.loops.end(service, self.now)
        return ()

    def rounds(self, *triggers, writes, most=20):
        """Work for as long as it starts itself; return how often that was, and the loops."""
        for count in range(most):
            if loops := self.work(*triggers, writes=writes):
                return count, loops
            if not any(self.heard):
                return count + 1, ()
        return most, ()


def test_a_task_that_writes_what_starts_it_is_stopped_and_named():
    play = Play()
    play.hear("src/a.ts")
    play.work(trigger("src/a.ts"), writes=["src/version.ts"])
    count, (loop,) = play.rounds(trigger("src/version.ts"), writes=["src/version.ts"])
    assert count == MOST_ROUNDS
    assert str(loop) == (
        "a loop, stopped here: while make goes on, src/version.ts changes and starts it again (rule src/**)."
        ' If it is no source, add outputs = ["src/version.ts"] to the rule'
    )


def test_what_goes_round_starts_nothing_any_more_while_its_task_writes_it():
    play = Play()
    play.hear("src/a.ts")
    play.rounds(trigger("src/a.ts"), writes=["src/a.ts"])
    play.now += 60
    assert play.hear("src/b.ts")
    play.work(trigger("src/b.ts"), writes=["src/a.ts"])
    assert play.heard == [False]


def test_a_save_at_another_time_counts_although_the_file_was_in_a_loop():
    play = Play()
    play.hear("src/a.ts")
    play.rounds(trigger("src/a.ts"), writes=["src/a.ts"])
    play.now += 60
    assert play.hear("src/a.ts")
    assert play.work(trigger("src/a.ts"), writes=["src/a.ts"]) == ()
    assert play.heard == [True]


def test_a_save_during_a_task_runs_it_once_more():
    play = Play()
    play.hear("src/a.ts")
    play.work(trigger("src/a.ts"), writes=["src/a.ts"])
    assert play.heard == [True]
    assert play.work(trigger("src/a.ts")) == ()


def test_a_person_who_saves_one_file_during_run_after_run_with_a_pause_is_in_no_loop():
    play = Play()
    for _ in range(10):
        play.now += 10
        assert play.hear("src/a.ts")
        for _ in range(MOST_ROUNDS - 1):
            assert play.work(trigger("src/a.ts"), writes=["src/a.ts"]) == ()
        assert play.work(trigger("src/a.ts")) == ()


def test_one_change_from_outside_and_the_count_begins_anew():
    play = Play()
    play.hear("src/a.ts")
    for number in range(10):
        assert play.work(trigger("src/a.ts"), writes=["src/a.ts"]) == (), number
        play.now += 1.0
        play.hear("src/a.ts")


def test_a_change_from_outside_stays_one_although_the_file_changes_again_during_work():
    play = Play()
    for _ in range(10):
        play.now += 1.0
        play.hear("src/a.ts")
        assert play.work(trigger("src/b.ts"), writes=["src/a.ts"]) == ()
        assert play.work(trigger("src/a.ts"), writes=["src/b.ts"]) == ()


def test_files_with_ever_new_names_go_round_by_their_rule():
    play = Play()
    play.hear("src/a.ts")
    play.work(trigger("src/a.ts"), writes=["src/app.0.js"])
    for number in range(MOST_RUNS - 1):
        assert play.work(trigger(f"src/app.{number}.js"), writes=[f"src/app.{number + 1}.js"]) == ()
    (loop,) = play.work(trigger(f"src/app.{MOST_RUNS - 1}.js"))
    assert loop.triggers[-1].path == f"src/app.{MOST_RUNS - 1}.js"


def test_steps_that_follow_from_each_other_are_no_loop():
    play = Play()
    play.hear("a.1")
    for number in range(1, 20):
        step = trigger(f"a.{number}", work=f"make {number}", rule=f"*.{number}")
        assert play.work(step, writes=[f"a.{number + 1}"]) == ()


def ping_pong(play, first, second):
    for _ in range(20):
        for here, there in ((first, second), (second, first)):
            if loops := play.work(here, writes=[(there.path, there.service)], service=here.service):
                return loops
    return ()


def test_two_tasks_that_start_each_other_are_both_named():
    play = Play()
    play.hear("x.a")
    (loop,) = ping_pong(play, trigger("x.a", work="make b", rule="*.a"), trigger("y.b", work="make a", rule="*.b"))
    assert str(loop) == (
        "a loop, stopped here: y.b starts make a (rule *.b), x.a starts make b (rule *.a)."
        ' Add ignore = ["x.a"] to the rule *.a'
    )


def test_two_services_whose_tasks_start_each_other_are_noticed_too():
    play = Play()
    play.hear("x", "web")
    (loop,) = ping_pong(play, trigger("x", "web"), trigger("y", "shop"))
    assert [each.service for each in loop.triggers] == ["shop", "web"]


def test_saves_in_one_service_while_another_works_are_no_loop():
    play = Play()
    play.loops.heard("shop", "b.go", 0.0)
    play.loops.begin("shop", [trigger("b.go", "shop")])  # and goes on all the time
    for _ in range(20):
        play.now += 5
        assert play.hear("src/a.ts")
        assert play.work(trigger("src/a.ts")) == ()


def test_a_restart_that_writes_a_file_of_its_rule_is_a_loop_as_well():
    play = Play()
    play.hear("app.db")
    count, (loop,) = play.rounds(trigger("app.db", work="restart", rule="**"), writes=["app.db"])
    assert count == MOST_ROUNDS
    assert str(loop).endswith('add ignore = ["app.db"] to the rule')


def test_only_the_rule_of_the_loop_is_stopped():
    play = Play()
    play.hear("src/a.ts")
    for _ in range(MOST_ROUNDS - 1):
        play.work(trigger("src/a.ts"), writes=["src/a.ts"])
    play.work(trigger("src/a.ts"), writes=["src/a.ts", "x.py"])
    (loop,) = play.loops.begin("web", [trigger("src/a.ts"), trigger("x.py", work="lint", rule="*.py")])
    assert loop.triggers[-1].rule == "src/**"
    assert repr(play.loops).startswith("<Loops 2 runs")


@pytest.mark.parametrize(
    ("before", "last", "found"),
    [
        ("", "a", "a"),
        ("a", "a", "a"),
        ("ab", "a", "ba"),
        ("abab", "a", "ba"),
        ("abbc", "a", "bca"),
        ("abcb", "a", "cba"),
    ],
)
def test_a_round_ends_where_it_began(before, last, found):
    triggers = last_round([trigger(name, rule=name) for name in before], trigger(last, rule=last))
    assert "".join(each.path for each in triggers) == found


def test_changes_that_lead_to_nothing_are_forgotten():
    loops = Loops()
    loops.heard("web", "a", 0.0)
    loops.begin("web", [trigger("b")])
    loops.forget("web", ["a", "c"])
    assert loops.heard("web", "a", 0.0)
    (cause,) = loops._causes["web", "a"]
    assert cause.service == "web"


def test_says_how_much_it_knows():
    play = Play()
    play.hear("a")
    play.rounds(trigger("a"), writes=["a"])
    assert repr(play.loops) == "<Loops 1 runs, 1 files written by what they start>"
