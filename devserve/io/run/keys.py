"""Keys pressed on the terminal, one by one while devserve is in the foreground; its settings come back at every end."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import signal
import termios
from collections.abc import Callable, Iterator

BETWEEN = 1.0  # seconds; a shell's `fg` tells nothing to a job that ran in the background
MOST = 64  # bytes at once: more is no typing
LOCAL_FLAGS, CONTROL_CHARACTERS = 3, 6  # positions in what tcgetattr returns (termios(3))
ESCAPE = "\x1b"


class Keys:
    """Calls back for each key. Made on a running loop for what `open_terminal` returned; `close` must follow.

    Ctrl-C, Ctrl-Z and Ctrl-\\ stay signals. Ctrl-Z gives the terminal back as it was found; `suspended` is called
    before. `resumed` is called when devserve has the terminal again, and when its size has changed.
    """

    def __init__(
        self,
        terminal: int,
        pressed: Callable[[str], None],
        suspended: Callable[[], None],
        resumed: Callable[[], None],
    ) -> None:
        self._terminal = terminal
        self._pressed = pressed
        self._suspended = suspended
        self._resumed = resumed
        self._loop = asyncio.get_running_loop()
        self._found: list[int | list[bytes | int]] | None = None  # the settings; None while the terminal is not ours
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_signal_handler(signal.SIGTSTP, self._suspend)
        self._loop.add_signal_handler(signal.SIGCONT, self._resume)
        self._loop.add_signal_handler(signal.SIGWINCH, resumed)
        atexit.register(self._give_back)  # whatever ends this process
        self._take()

    def __repr__(self) -> str:
        return f"<Keys of terminal {self._terminal}, {'read' if self._found else 'not ours'}>"

    @property
    def are_read(self) -> bool:
        """Whether devserve has the terminal: it is in the foreground."""
        return self._found is not None and in_foreground(self._terminal)

    def close(self) -> None:
        """Read no more and leave the terminal as it was found."""
        for number in (signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH):
            self._loop.remove_signal_handler(number)
        self._give_back()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        atexit.unregister(self._give_back)
        os.close(self._terminal)

    def _take(self) -> None:
        """Have each key at once and unechoed; in the background, try again later."""
        self._timer = None
        if self._found is not None:
            return
        if not in_foreground(self._terminal):
            self._timer = self._loop.call_later(BETWEEN, self._take_again)
            return
        try:
            self._found = termios.tcgetattr(self._terminal)
            self._set()
        except termios.error:  # it is gone
            self._found = None
        else:
            self._loop.add_reader(self._terminal, self._read)

    def _set(self) -> None:
        settings = termios.tcgetattr(self._terminal)
        settings[LOCAL_FLAGS] &= ~(termios.ICANON | termios.ECHO)
        settings[CONTROL_CHARACTERS][termios.VMIN] = 1
        settings[CONTROL_CHARACTERS][termios.VTIME] = 0
        with blocked(signal.SIGTTOU):
            termios.tcsetattr(self._terminal, termios.TCSANOW, settings)

    def _take_again(self) -> None:
        self._take()
        if self._found is not None:
            self._resumed()

    def _give_back(self) -> None:
        """Leave the terminal as it was found, if it is ours."""
        if self._found is None:
            return
        found, self._found = self._found, None
        if not self._loop.is_closed():
            self._loop.remove_reader(self._terminal)
        if in_foreground(self._terminal):
            # A terminal that is gone has no settings any more.
            with blocked(signal.SIGTTOU), contextlib.suppress(termios.error):
                termios.tcsetattr(self._terminal, termios.TCSANOW, found)

    def _read(self) -> None:
        if not in_foreground(self._terminal):  # another job reads now: what it set must stay
            self._loop.remove_reader(self._terminal)
            self._found = None
            self._take()
            return
        with blocked(signal.SIGTTIN):
            try:
                data = os.read(self._terminal, MOST)
            except BlockingIOError:
                return
            except OSError:
                data = b""
        if not data:  # the terminal is closed; SIGHUP says so too
            self._loop.remove_reader(self._terminal)
            self._found = None
            return
        for key in keys_in(data.decode(errors="ignore")):
            self._pressed(key)

    def _suspend(self) -> None:
        """Stop, as Ctrl-Z asks for. Its default would leave the terminal without echo."""
        self._suspended()
        self._give_back()
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        """Go on after a stop, in the foreground or in the background."""
        if self._timer is None:
            self._take()
        if self._found is not None:
            with contextlib.suppress(termios.error):
                self._set()  # whoever stopped us with a signal that cannot be caught has set the terminal otherwise
            self._resumed()


def open_terminal(descriptor: int) -> int | None:
    """Return a descriptor of our own for a terminal, or None when it is none.

    Not a copy: the loop sets it to non-blocking, and a copy shares that with what is printed on, and with the shell.
    """
    try:
        return os.open(os.ttyname(descriptor), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return None


def keys_in(text: str) -> list[str]:
    """Return the keys that were pressed: each character, or a whole escape sequence, as the arrows send it."""
    return [text] if text.startswith(ESCAPE) else list(text)


def in_foreground(terminal: int) -> bool:
    """Tell whether this process may read from its terminal, or would be stopped for it (tcgetpgrp(3))."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False


@contextlib.contextmanager
def blocked(number: signal.Signals) -> Iterator[None]:
    """Keep a signal off: devserve may be sent to the background between a look and what follows it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {number})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
