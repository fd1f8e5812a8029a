"""The pages, and the headers of everything: nothing from outside, nothing kept, nobody frames it. Pure."""

from html import escape
from typing import Final

from sockviz.lessons.text import Language
from sockviz.serve import words

TEXTUAL: Final = "/static/textual"
"""Where what comes with textual_serve is: its script, its style, its fonts."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; font-src 'self'; img-src data:; connect-src 'self' {socket}; "
    # The terminal in the page makes style sheets as it goes.
    "style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy; `{socket}`: the server, for browsers that do not take `'self'` for WebSockets."""


_PLAIN: Final = (
    "body { font: 18px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem }"
)


def headers(authority: str) -> dict[str, str]:
    """Those of every answer; `authority`: the Host that was asked for, once it is known to be ours."""
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY.format(socket=f"ws://{authority} wss://{authority}".strip()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "Server": "sockviz",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def screen(title: str, language: Language = "en") -> str:
    """The page with the terminal."""
    return _page(
        title,
        f"""\
<link rel="preload" href="{TEXTUAL}/fonts/RobotoMono-VariableFont_wght.ttf" as="font" crossorigin>
<link rel="stylesheet" href="{TEXTUAL}/css/xterm.css">
<link rel="stylesheet" href="/static/page.css">
<script src="/static/page.js"></script>
<script src="{TEXTUAL}/js/textual.js"></script>""",
        f"""\
<div class="said beginning"><p class="title">sockviz</p><p>{words.BEGINNING.of(language)}</p></div>
<div class="said ended" role="alert">
<p class="title">{words.OVER.of(language)}</p><p id="why" data-lost="{words.LOST.of(language)}"></p>
<button type="button" id="again">{words.AGAIN.of(language)}</button>
</div>
<div id="terminal" class="textual-terminal"></div>""",
        language,
    )


def enter() -> str:
    """Goes on to the screen: the key stays behind.

    No redirect: a link in a mail or a chat begins at a page of others, and a browser that is redirected
    brings no cookie that is `SameSite=Strict`. From this page it goes on by itself.
    """
    return _page("sockviz", '<meta http-equiv="refresh" content="0; url=/">', '<p><a href="/">go on</a></p>')


def plain(said: str, hint: str, language: Language = "en", again: int = 0) -> str:
    """One sentence, and what to do next; `again`: seconds after which the browser asks again, if not 0."""
    refresh = f'<meta http-equiv="refresh" content="{again}">' if again else ""
    head = f"<style>{_PLAIN}</style>{refresh}"
    return _page("sockviz", head, f"<h1>{escape(said)}</h1><p>{escape(hint)}</p>", language)


def _page(title: str, head: str, body: str, language: Language = "en") -> str:
    return f"""\
<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
{head}
</head>
<body>
{body}
</body>
</html>
"""
