"""What the stage says, in another language: looked up by its English text, as gettext does it. Pure.

The catalogues are data beside this module, a TOML file a language. An entry with places (`{who}`) stands for
all texts of that form; what stands in the places is looked up, too. So whoever makes a text makes it in
English and knows no language, and recordings and exports stay what they are. What has no entry is shown as it
is: the kernel's own names (`SYN_RECV`, `accept()`, `Recv-Q`) are the same everywhere.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from sockviz.lessons.text import Language

ORIGINAL: Final = "en"
_PLACE: Final = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=4096)
def translated(text: str, language: "Language") -> str:
    """`text`, which is English, in `language`; as it is, if there is no entry for it."""
    if language == ORIGINAL or not text:
        return text
    catalogue = _catalogue(language)
    if text in catalogue.plain:
        return catalogue.plain[text]
    for form in catalogue.forms:
        if form.anchor in text and (match := form.pattern.fullmatch(text)) is not None:
            found = match.groupdict()
            return form.text.format(**{name: translated(value, language) for name, value in found.items()})
    return text


class _Form(NamedTuple):
    """An entry with places."""

    anchor: str
    """The longest piece of it that is always the same."""
    pattern: re.Pattern[str]
    text: str


class _Catalogue(NamedTuple):
    """All entries of a language."""

    plain: dict[str, str]
    forms: tuple[_Form, ...]
    """Those that say most about the text first."""


def entries(language: "Language") -> dict[str, str]:
    """The English texts, with their places, and what they are in `language`."""
    import tomllib  # noqa: PLC0415  not needed for what is in English

    path = Path(__file__).with_name("translations") / f"{language}.toml"
    found: dict[str, str] = {}
    for group in tomllib.loads(path.read_text(encoding="utf-8")).values():
        found |= group
    return found


@cache
def _catalogue(language: "Language") -> _Catalogue:
    known = entries(language)
    plain = {text: said for text, said in known.items() if not _PLACE.search(text)}
    longest_first = sorted(known.keys() - plain.keys(), key=lambda text: (-len(_PLACE.sub("", text)), text))
    return _Catalogue(plain, tuple(_form(text, known[text]) for text in longest_first))


def _form(text: str, said: str) -> _Form:
    pieces = _PLACE.split(text)
    known: set[str] = set()
    pattern = ""
    for at, piece in enumerate(pieces):
        if at % 2 == 0:
            pattern += re.escape(piece)
        elif piece in known:
            pattern += f"(?P={piece})"
        else:
            known.add(piece)
            pattern += f"(?P<{piece}>.*?)"
    return _Form(max(pieces[::2], key=len), re.compile(pattern, re.DOTALL), said)
