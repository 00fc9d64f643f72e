"""Where JSON texts begin and end in a stream of bytes.

In: bytes, cut anywhere.  Out: the bytes of each text, made of whole tokens whose brackets
balance (or go wrong at the last one), and lexical errors and broken limits as values.
Must not know: values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .grammar import TOKEN, error_at
from .lexer import ATOMS, GROUPS, LEVELS, RUNS, SHORT_BLANKS, SKIPPED, TABLE, State
from .recovery import Recovery
from .strict import MAX_DEPTH, JsonError

__all__ = ["DEFAULT_LIMITS", "Frame", "Framer", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a text may be (QMP, limits).

    ``depth``: objects and arrays inside each other, at most 1024.  ``text_bytes``: bytes of all
    tokens of a text, blanks not counted; this many are too many.  ``tokens``: of one text.
    """

    depth: int = MAX_DEPTH
    text_bytes: int = 64 * 1024 * 1024
    tokens: int = 2 * 1024 * 1024

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MAX_DEPTH or self.text_bytes < 1 or self.tokens < 1:
            raise ValueError(f"limits must be positive, and the depth at most {MAX_DEPTH}")

    def at_most(self, other: Limits) -> Limits:
        """The lower one of each."""
        return Limits(
            min(self.depth, other.depth),
            min(self.text_bytes, other.text_bytes),
            min(self.tokens, other.tokens),
        )


DEFAULT_LIMITS: Final = Limits()

_BLANKS = b" \t\n\r"


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes of one text; it took ``size_bytes`` in the stream, long blanks included.

    ``balanced``: it begins and ends with brackets that belong together.
    """

    text: bytes
    size_bytes: int
    balanced: bool


class Framer:
    """Cuts a stream into texts.

    ``data`` is what was pushed last, and its bytes from ``at`` on have not been looked at.
    ``resting``: between texts, and not skipping what follows an error.  A caller that knows a
    text by other means may move ``at`` behind it while that is so.

    What follows an error in the same message is skipped (:mod:`~.recovery`); with
    ``repeat_errors``, whatever makes no sense there is another error, as QEMU up to 10.2 has it.
    """

    def __init__(self, limits: Limits = DEFAULT_LIMITS, *, repeat_errors: bool = False) -> None:
        self._repeat_errors = repeat_errors
        self._recovery: Recovery | None = None
        self.set_limits(limits)
        self.data = b""
        self.at = 0
        self.resting = True
        self._state = State.START
        # The text that is half read: its bytes that are no longer in data, how many blanks
        # they end with and how many more there were, where in data it begins or goes on,
        # where its last token begins.
        self._held = bytearray()
        self._blanks = self._dropped = self._start = self._token_at = 0
        self._braces = self._brackets = self._open = 0
        # Its tokens, and their bytes; not before there may be too many.
        self._counted = False
        self._tokens = self._token_bytes = 0

    def set_limits(self, limits: Limits) -> None:
        """How large texts may be from now on."""
        self._limits = limits
        # No text of this many bytes or less breaks a limit of size.
        self._surely_small = min(limits.tokens, limits.text_bytes - 1)

    def reset(self) -> None:
        """Forget everything, as on a new connection."""
        self.data = b""
        self.at = 0
        self._state = State.START
        self._recovery = None
        self._forget()

    def push(self, data: bytes) -> None:
        """Take more bytes."""
        self.data = self.data[self.at :] + data if self.at < len(self.data) else data
        self.at = 0
        self._start = 0

    def take(self) -> Frame | JsonError | None:
        """The next text or error; None when more bytes are needed for one."""
        size = len(self.data)
        while self.at < size:
            if self._state is State.RECOVERY:
                self._recover()
                continue
            found = self._between() if self._state is State.START else self._inside()
            if found is not None:
                return found
        self._hold()
        return None

    def recover(self) -> None:
        """The last text was none, nor balanced: what follows in its line is none either."""
        if not self._repeat_errors:
            self._skip_message(0)

    def skip_blanks(self) -> None:
        """Go on to the next byte that is no blank."""
        match = RUNS[State.START].match(self.data, self.at)
        assert match is not None
        self.at = match.end()

    def _between(self) -> Frame | JsonError | None:
        """Go on between tokens: up to the first byte of a token that may be incomplete."""
        if self._open and not self._blanks:
            self._skip_groups()
        before = self.at
        self.skip_blanks()
        if self.resting:
            self._start = self.at
        if self.at == len(self.data):
            return None
        if self._blanks + self.at - before > SHORT_BLANKS:
            self._keep(before)
        self._blanks = 0
        self.resting = False
        self._token_at = self._length()
        return self._move()

    def _skip_groups(self) -> None:
        """Take whole tokens, as long as they can neither end the text nor break a limit."""
        if self._counted:
            return
        groups = GROUPS if self._open + LEVELS <= self._limits.depth else ATOMS
        end = max(self.at, self._start + self._surely_small - len(self._held))
        match = groups.match(self.data, self.at, end)
        assert match is not None
        if match.end() == end:  # maybe in a run of blanks, which is taken as a whole
            end = self.at + len(match[0].rstrip(_BLANKS))
        self.at = min(match.end(), end)

    def _inside(self) -> Frame | JsonError | None:
        """Go on inside a token."""
        run = RUNS.get(self._state)
        too_long = self.at + self._limits.text_bytes + 1 - (self._length() - self._token_at)
        if run is not None:
            match = run.match(self.data, self.at, too_long)
            assert match is not None
            self.at = match.end()
        if self.at >= too_long:
            quote, still_open = _QUOTES.get(self._state, 0), self._open
            self._state = State.START
            error = self._failed(f"longer than {self._limits.text_bytes - 1} bytes")
            if not self._repeat_errors:
                self._skip_message(still_open, quote)
            return error
        return self._move() if self.at < len(self.data) else None

    def _move(self) -> Frame | JsonError | None:
        """Go to the next state for one byte."""
        byte = self.data[self.at]
        state = TABLE[self._state][byte]
        self.at += state is not State.END_BEFORE
        if state is State.ERROR:
            quote = _QUOTES.get(self._state, 0)
            open_before = self._open
            error = self._failed(_stray(byte), back=1)
            if self._repeat_errors:
                self._state = State.RECOVERY
                self.resting = False
            elif byte == 0xFF or (byte == 0x0A and quote):
                self._state = State.START  # that is what ends a recovery
            else:
                self._skip_message(open_before, quote)
            return error
        if state is not State.END and state is not State.END_BEFORE:
            self._state = state
            return None
        structural = self._state is State.START
        self._state = State.START
        return self._token(byte if structural else 0)

    def _token(self, byte: int) -> Frame | JsonError | None:
        """A token is complete; ``byte`` says which one if it is of structure."""
        if byte == 0x7B:  # {
            self._braces += 1
        elif byte == 0x7D:
            self._braces -= 1
        elif byte == 0x5B:  # [
            self._brackets += 1
        elif byte == 0x5D:
            self._brackets -= 1
        problem = self._broken_limit()
        if problem:
            still_open = max(0, self._braces + self._brackets)
            error = self._failed(problem)
            if not self._repeat_errors:
                self._skip_message(still_open)
            return error
        self._open = self._braces + self._brackets
        if self._open > 0 and self._braces >= 0 and self._brackets >= 0:
            return None
        text = bytes(self._held) + self.data[self._start : self.at]
        balanced = byte in (0x7D, 0x5D) and self._braces == self._brackets == 0
        frame = Frame(text, len(text) + self._dropped, balanced)
        self._forget()
        return frame

    def _broken_limit(self) -> str:
        """What is wrong with the size of the text up to this token, or ""."""
        limits = self._limits
        length = self._length()
        if self._counted:
            self._tokens += 1
            self._token_bytes += length - self._token_at
        elif length > self._surely_small:
            self._count()
        if self._token_bytes >= limits.text_bytes:
            return f"longer than {limits.text_bytes - 1} bytes"
        if self._tokens > limits.tokens:
            return f"more than {limits.tokens} tokens"
        if self._braces + self._brackets > limits.depth:
            return f"nested more than {limits.depth} levels deep"
        return ""

    def _count(self) -> None:
        """Count the tokens up to here; from now on, each one is."""
        self._counted = True
        text = bytes(self._held) + self.data[self._start : self.at]
        for match in TOKEN.finditer(text):
            if text[match.start()] not in _BLANKS:
                self._tokens += 1
                self._token_bytes += match.end() - match.start()

    def _skip_message(self, depth: int, quote: int = 0) -> None:
        """Skip the rest of the message in which an error was."""
        self._recovery = Recovery(depth, quote)
        self._state = State.RECOVERY
        self.resting = False

    def _recover(self) -> None:
        """Skip what follows an error."""
        if self._recovery is not None:
            self.at, over = self._recovery.skip(self.data, self.at)
            self._start = self.at
            if over:
                self._recovery = None
                self._state = State.START
                self.resting = True
            return
        match = SKIPPED.match(self.data, self.at)
        assert match is not None
        self.at = self._start = match.end()
        if self.at < len(self.data):
            self._state = State.START
            self.resting = True

    def _failed(self, problem: str, *, back: int = 0) -> JsonError:
        """Give up the text; the error is ``back`` bytes before."""
        error = error_at(problem, bytes(self._held) + self.data[self._start : self.at - back])
        self._forget()
        return error

    def _forget(self) -> None:
        """Be between texts."""
        self.resting = True
        self._held = bytearray()
        self._start = self.at
        self._blanks = self._dropped = self._token_at = 0
        self._braces = self._brackets = self._open = 0
        self._counted = False
        self._tokens = self._token_bytes = 0

    def _length(self) -> int:
        """Bytes of the text so far."""
        return len(self._held) + self.at - self._start

    def _hold(self) -> None:
        """Keep what there is of an incomplete text."""
        if self.resting or self._state is State.RECOVERY:  # there is none
            self._start = self.at
            return
        if self._state is State.START:
            self._keep(len(self.data.rstrip(_BLANKS)))
            return
        self._held += memoryview(self.data)[self._start : self.at]
        self._start = self.at

    def _keep(self, end: int) -> None:
        """Hold data up to ``end``, and of the blanks from there on as many as are allowed.

        Where data begins with blanks, they are one run with those that are held.
        """
        if end > self._start:
            self._blanks = 0
        end = max(end, self._start)
        kept = min(self.at - end, SHORT_BLANKS - self._blanks)
        self._held += memoryview(self.data)[self._start : end + kept]
        self._blanks += kept
        self._dropped += self.at - end - kept
        self._start = self.at


#: What ends the string that a state is in.
_QUOTES: Final = {
    State.DOUBLE: 0x22,
    State.DOUBLE_ESCAPE: 0x22,
    State.SINGLE: 0x27,
    State.SINGLE_ESCAPE: 0x27,
}


def _stray(byte: int) -> str:
    if 0x21 <= byte <= 0x7E:
        return f"stray {chr(byte)!a}"
    return f"stray byte 0x{byte:02X}"
