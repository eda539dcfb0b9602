"""The line that ends the start: how it went, how long it took, what to do now."""

from __future__ import annotations

from collections.abc import Sequence


def beginning(
    urls: Sequence[str], missing: Sequence[str], seconds: float, overview: str, held: int = 0, allow: str = ""
) -> str:
    """Return the sentence about services with these URLs, of which some, by name, have not become ready.

    As many as are `held` wait for the command `allow`.
    """
    if not urls:
        return f"no service yet: plugins look for some, and start what they find; see {overview}. Ctrl-C ends it."
    waiting = f"; {held} not allowed yet: {allow}" if held else ""
    ready = len(urls) - held - len(missing)
    if missing:
        said = f"{ready} of {len(urls)} services ready after {seconds:.1f} s"
        return f"{said}; see why: devserve logs {missing[0]}{waiting}"
    if held:
        return f"{ready} of {len(urls)} services ready in {seconds:.1f} s{waiting}"
    count = "ready" if len(urls) == 1 else f"{'both' if len(urls) == 2 else f'all {len(urls)}'} services ready"
    page = urls[0] if len(urls) == 1 else overview
    return f"{count} in {seconds:.1f} s; open {page} and save a file: the page follows. Ctrl-C ends it."
