"""A watch rule with its patterns compiled, once, to .gitignore's semantics."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pathspec import GitIgnoreSpec

from devserve.config.values import WatchRule
from devserve.errors import ConfigError


class CompiledRule:
    """A watch rule that can tell whether it is about a path. What its task writes, `outputs`, is left to other rules.

    Raises `ConfigError` when a pattern cannot be compiled.
    """

    __slots__ = ("_ignore", "_outputs", "_paths", "rule")

    def __init__(self, rule: WatchRule, outputs: tuple[str, ...] = ()) -> None:
        self.rule = rule
        self._outputs = compile_patterns(outputs, "outputs")
        self._paths = compile_patterns(rule.paths, "paths")
        self._ignore = compile_patterns(rule.ignore, "ignore")

    def __repr__(self) -> str:
        return f"<CompiledRule {' '.join(self.rule.paths)} then {self.rule.then}>"

    def covers(self, relative: str) -> bool:
        """Whether a path, relative to the service's folder, matches `paths` and neither `ignore` nor the outputs."""
        left_out = (self._ignore, self._outputs)
        return self._paths.match_file(relative) and not any(patterns.match_file(relative) for patterns in left_out)


def compiled(rules: Iterable[WatchRule]) -> tuple[CompiledRule, ...]:
    """Return the rules of a service compiled; those with the same task have its outputs in common.

    Raises `ConfigError` when a pattern cannot be compiled.
    """
    known = tuple(rules)
    outputs: dict[tuple[str, ...], tuple[str, ...]] = {}
    for rule in known:
        outputs[rule.run] = (*outputs.get(rule.run, ()), *rule.outputs)
    return tuple(CompiledRule(rule, outputs[rule.run] if rule.run else ()) for rule in known)


def compile_patterns(patterns: tuple[str, ...], key: str) -> GitIgnoreSpec:
    """Return the patterns of one key of a watch rule, compiled.

    Raises `ConfigError`, which names the pattern.
    """
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error) as error:
            raise ConfigError(
                f'watch.{key}: "{pattern}" is no .gitignore pattern ({error}); write for example "src/**/*.css"'
            ) from error
    return GitIgnoreSpec.from_lines(patterns)


def shared_ignores(rules: Sequence[WatchRule]) -> tuple[str, ...]:
    """Return the patterns that every rule ignores: what they leave out is not even watched.

    A rule that takes something back (`!keep.css`) has a say of its own about each file.
    """
    if any(pattern.startswith("!") for rule in rules for pattern in rule.ignore):
        return ()
    first, *others = [rule.ignore for rule in rules] or [()]
    return tuple(pattern for pattern in first if all(pattern in other for other in others))
