"""Amounts: numbers that a lesson does not write down but names, since kernels differ. Pure; no eval.

    amount     = [ "=" | "!=" | "<" | "<=" | ">" | ">=" ] sum          "accept_capacity + 1", ">= 2"
    sum        = product { ("+" | "-") product }
    product    = atom { "*" atom }
    atom       = whole number | name | "-" atom | "(" sum ")"

A name is one of `NAMES`; what it stands for is read from the world when it is needed.
"""

import operator
import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, TypeAlias

from sockviz.lessons.phrases import plain, said
from sockviz.lessons.text import Text
from sockviz.lessons.words import Leaf

NAMES: Final[Mapping[str, str]] = {
    "backlog": "what the server passed to `listen()` last",
    "accept_limit": "the accept queue's limit, as this kernel says (`tcpi_sacked` of the listening socket)",
    "accept_capacity": "how many connections this kernel lets wait in the accept queue",
    "syn_capacity": "how many half-open connections this kernel lets wait, where that was measured",
    "server_port": "the port that the server listens on",
    "somaxconn": "`net.core.somaxconn` of the server's kernel",
}
"""The numbers that have a name."""

LONGEST: Final = 60
"""Characters of an expression."""

Values: TypeAlias = Callable[[str], int | None]
"""What a name stands for now; None: it is not known."""

_Tree: TypeAlias = "int | str | tuple[str, _Tree, _Tree]"

_COMPARE: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMBINE: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_TOKEN: Final = re.compile(r"\s*(?:([0-9]{1,9})(?![0-9a-z_])|([a-z][a-z_]*)|([-+*()]))")


class UnknownNumberError(Exception):
    """A named number is not known (yet); the argument is its name."""


class Amount(Leaf):
    """A number to be, or to compare with. Made from a whole number or an expression."""

    SHAPE: ClassVar[str] = 'a whole number, or an expression: `3`, `"accept_capacity + 1"`, `">= 2"`'

    def __init__(self, given: object) -> None:
        """Parse.

        Raises:
            ValueError: it is none; the message says what was expected.
        """
        if isinstance(given, bool) or not isinstance(given, int | str):
            raise ValueError("a whole number or an expression was expected")  # noqa: TRY004 - see above
        self.text = str(given).strip()
        if len(self.text) > LONGEST:
            raise ValueError(f"an expression has at most {LONGEST} characters")
        match = re.match(r"(<=|>=|!=|<|>|=)?(.*)", self.text, re.DOTALL)
        self._compare, rest = (match[1] or "=", match[2]) if match else ("=", "")
        self._tree = _Parser(rest).parse()

    @property
    def compares(self) -> bool:
        """It says more than a number: `>= 2`."""
        return self.text.startswith(tuple(_COMPARE))

    def value(self, values: Values) -> int:
        """The number.

        Raises:
            UnknownNumberError: a name in it is not known.
        """
        return _value(self._tree, values)

    def allows(self, number: int, values: Values) -> bool:
        """Whether `number` is what was asked for.

        Raises:
            UnknownNumberError: a name in it is not known.
        """
        return _COMPARE[self._compare](number, self.value(values))

    def told(self, values: Values) -> Text:
        """As written, and what it comes to: `accept_limit + 1 (3)`."""
        if re.fullmatch(r"\W*[0-9]+", self.text):
            return plain(self.text)
        try:
            return said("{amount} ({value})", amount=self.text, value=self.value(values))
        except UnknownNumberError as unknown:
            return said("{amount} ({name} is not known)", amount=self.text, name=unknown)


def _value(tree: _Tree, values: Values) -> int:
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        value = values(tree)
        if value is None:
            raise UnknownNumberError(tree)
        return value
    sign, left, right = tree
    return _COMBINE[sign](_value(left, values), _value(right, values))


class _Parser:
    """Recursive descent; as deep as the text is long, which is bounded."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        position, text = 0, text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise ValueError(f"{text[position:].strip()!r} is no part of a number like accept_limit + 1")
            self._tokens.append(match[0].strip())
            position = match.end()

    def parse(self) -> _Tree:
        tree = self._sum()
        if self._tokens:
            raise ValueError(f"{self._tokens[0]!r} is one too many")
        return tree

    def _sum(self) -> _Tree:
        tree = self._product()
        while self._next_is("+", "-"):
            tree = (self._tokens.pop(0), tree, self._product())
        return tree

    def _product(self) -> _Tree:
        tree = self._atom()
        while self._next_is("*"):
            tree = (self._tokens.pop(0), tree, self._atom())
        return tree

    def _atom(self) -> _Tree:
        if not self._tokens:
            raise ValueError("a number or a name was expected at its end")
        first = self._tokens.pop(0)
        if first == "(":
            tree = self._sum()
            if not self._next_is(")"):
                raise ValueError("a closing parenthesis is missing")
            self._tokens.pop(0)
            return tree
        if first == "-":
            return ("-", 0, self._atom())
        if first.isdigit():
            return int(first)
        if first not in NAMES:
            raise ValueError(f"{first!r} is no number: known are {', '.join(NAMES)}")
        return first

    def _next_is(self, *tokens: str) -> bool:
        return bool(self._tokens) and self._tokens[0] in tokens
