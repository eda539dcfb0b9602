"""Tornado's file handler, told which files there are: it brings ranges, conditions and HEAD."""

from __future__ import annotations

from pathlib import Path

from tornado.web import HTTPError, RequestHandler, StaticFileHandler

from devserve_static.files import content_type, found, is_page, path_of
from devserve_static.listing import listing

PAGE = "index.html"


class FileHandler(StaticFileHandler):
    """Answers with what a folder holds."""

    def initialize(self, path: str, *, spa: bool = False, lists: bool = False) -> None:  # type: ignore[override]
        """Take the folder, and whether unknown pages are its index.html and folders are listed."""
        super().initialize(path)
        self._root = Path(path)
        self._spa = spa
        self._lists = lists

    def set_default_headers(self) -> None:
        """Have each answer asked for again: while somebody works on it, a file may be another one at any time."""
        self.set_header("Cache-Control", "no-cache")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Server", "devserve-static")

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Return the path as it came: `validate_absolute_path` says what it means."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """Return the file to send; None when the answer is written already."""
        place = found(self._root, absolute_path)
        if place is not None and place.is_dir():
            page = found(self._root, path_of(self._root, place, PAGE))
            if page is None and not self._lists:
                place = None
            elif not self.request.path.endswith("/"):
                query = f"?{self.request.query}" if self.request.query else ""
                # With one slash: two begin a host (RFC 3986, section 4.2).
                self.redirect(f"/{self.request.path.strip('/')}/{query}")
                return None
            elif page is None:
                self.finish(listing(self._root, place))
                return None
            else:
                place = page
        if place is None and self._spa and self._is_navigation() and is_page(absolute_path):
            place = found(self._root, PAGE)
        if place is None:
            raise HTTPError(404)
        return str(place)

    def compute_etag(self) -> str | None:
        """Return a tag that is another one after each save; Tornado keeps the first hash of a file for ever."""
        if getattr(self, "absolute_path", None) is None:
            return RequestHandler.compute_etag(self)
        seen = self._stat()
        return f'"{seen.st_ino:x}-{seen.st_mtime_ns:x}-{seen.st_size:x}"'

    def set_extra_headers(self, path: str) -> None:
        """Have a range of another version answered by the whole file (RFC 9110, section 13.1.5)."""
        condition = self.request.headers.get("If-Range")
        if condition is not None and condition != self._headers.get("Etag"):
            self.request.headers.pop("Range", None)

    def get_content_type(self) -> str:
        """Return the type by the file's name."""
        return content_type(str(self.absolute_path))

    def get_cache_time(self, path: str, modified: object, mime_type: str) -> int:
        """Return 0, also for what is asked for with ?v=."""
        return 0

    def _is_navigation(self) -> bool:
        fields = self.request.headers
        return fields.get("Sec-Fetch-Mode") == "navigate" or "text/html" in fields.get("Accept", "")
