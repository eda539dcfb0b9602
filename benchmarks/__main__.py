"""Run the benchmark: `python -m benchmarks [--quick] [--case WORD]`, or `make bench`. It ends by itself in minutes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from benchmarks import cases, load, machine, nginx, programs
from benchmarks.cases import Case, Target
from benchmarks.contenders import ALL, DEVSERVE, Contender, folder_for
from benchmarks.names import Names, temporary_folder
from benchmarks.results import Results, markdown
from benchmarks.running import Launch, Running, free_ports

RESULTS = Path(__file__).with_name("RESULTS.md")
ROOT = Path(__file__).parent.parent
FIXED_PORTS = 4
NEEDED = ("nginx", "wrk")  # without these nothing can be measured


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float  # of each measurement


FULL, QUICK = Effort(5, 3), Effort(1, 2)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements of a run share."""

    folder: Path
    names: Names
    cores: machine.Cores
    contenders: Sequence[Contender]
    effort: Effort

    @contextmanager
    def started(self, count: int, only_devserve: bool, results: Results) -> Iterator[dict[str, Target]]:
        """Run the contenders with this many routes for as long as the block lasts; who does not start is named."""
        routes = self.names.routes(count)
        with ExitStack() as ending:
            targets = {}
            for contender in self.contenders:
                if only_devserve and contender is not DEVSERVE:
                    continue
                (port,) = free_ports(1)
                launch = contender.launch(folder_for(self.folder, contender, count), routes, port)
                proxy = Running(contender.name, launch, self.cores.proxy)
                ending.callback(proxy.end)
                try:
                    proxy.wait_answers(port, routes[0].host)
                except RuntimeError as error:
                    results.failures.append(str(error))
                    print(error)
                    continue
                targets[contender.name] = Target(proxy, port, routes, self.effort.seconds)
            yield targets

    def measure(self, targets: Mapping[Case, Mapping[str, Target]], results: Results) -> None:
        """Measure the cases in rounds, in each of which the contenders take turns; who fails in one is left out of it.

        A round goes through all cases: what else the machine does for a minute falls upon each of them alike.
        """
        for number, group in product(range(self.effort.rounds), cases.GROUPS):
            chosen = [case for case in group if case in targets]
            for _, contender, case in product(range(group[0].turns), self.contenders, chosen):
                target = targets[case].get(contender.name)
                if target is None or results.has_failed(case, contender.name):
                    continue
                said = f"{number + 1} {case.title}: {contender.name}"
                try:
                    figures = case.measure(target)
                except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                    results.fail(case, contender.name, error)
                    print(f"{said} failed: {error}")
                    continue
                results.add(case, contender.name, figures)
                print(f"{said}: {figures.value:,.0f} {case.unit}, core used {figures.busy:.2f}")


def main() -> int:
    """Measure, write RESULTS.md; return the exit status."""
    arguments = _arguments()
    programs.install()
    if missing := programs.missing(NEEDED):
        print(f"not installed: {', '.join(missing)}; install it, then run this again", file=sys.stderr)
        return 1
    machine.allow_many_files()
    cores = machine.cores()
    machine.pin(0, cores.load)
    wanted = [each for each in ALL if arguments.contender in each.name]
    absent = {each.name: programs.missing(each.needs) for each in wanted}
    contenders = [each for each in wanted if not absent[each.name]]
    left_out = [f"{name}: {', '.join(needs)} not installed" for name, needs in absent.items() if needs]
    chosen = [case for case in cases.ALL if arguments.case in case.title]
    effort = QUICK if arguments.quick else FULL
    results, facts = Results(), _facts(cores, effort)
    with temporary_folder() as name, ExitStack() as ending:
        bench = Bench(Path(name), _upstreams(Path(name), cores, ending, facts), cores, contenders, effort)
        kinds = {(case.routes, case.only_devserve) for case in chosen}
        targets = {kind: ending.enter_context(bench.started(*kind, results)) for kind in sorted(kinds)}
        bench.measure({case: targets[case.routes, case.only_devserve] for case in chosen}, results)
    page = markdown(results, facts, left_out)
    if arguments.case or arguments.contender:
        print(page)  # a part is no result to keep
    else:
        RESULTS.write_text(page)
        print(f"{RESULTS.relative_to(ROOT)} is written")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument(
        "--case", default="", metavar="WORD", help="only cases with this in their title; writes no file"
    )
    parser.add_argument("--contender", default="", metavar="WORD", help="only contenders with this in their name")
    return parser.parse_args()


def _facts(cores: machine.Cores, effort: Effort) -> dict[str, str]:
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": machine.description(),
        "cores": str(cores),
        "load": "offers cipher suites as browsers do, TLS_AES_128_GCM_SHA256 first",
        "rounds": f"{effort.rounds} of {effort.seconds:.0f} s for each case and contender; in each, {cases.BRIEF_TURNS}"
        f" turns of {cases.BRIEF_SECONDS} s for the numbers of routes, of {cases.TRANSFERS} bodies for the long ones",
        **programs.versions(),
    }


def _upstreams(folder: Path, cores: machine.Cores, ending: ExitStack, facts: dict[str, str]) -> Names:
    """Start the upstreams and note what they can do alone; return the names that lead to them."""
    *fixed, lively = free_ports(FIXED_PORTS + 1)
    place = folder / "upstream"
    place.mkdir()
    quiet = folder / "lively"
    quiet.mkdir()
    launches = {
        fixed[0]: nginx.launch_upstream(place, fixed),
        lively: Launch([sys.executable, "-m", "benchmarks.lively", str(lively)], quiet, {"PYTHONPATH": str(ROOT)}),
    }
    for port, launch in launches.items():
        upstream = Running("the upstream", launch, cores.load)
        ending.callback(upstream.end)
        upstream.wait_answers(port)
    alone = load.direct_requests(fixed[0], "/", cases.KEPT, 1)
    facts["upstream"] = f"nginx, {alone.per_second:,.0f} requests/s alone, without proxy and TLS, 1 KiB"
    return Names(folder, fixed, lively)


if __name__ == "__main__":
    sys.exit(main())
