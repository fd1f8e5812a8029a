"""What strangers could write to take over a terminal or a page: in every text of a recording."""

import base64
import json
import re
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
EVIL = (
    "\x1b]0;PWNED\x07", "\x1b[2J\x1b[H", "\x9b31m\x9d0;PWNED\x9c", "[bold red blink]M[/bold red blink]",
    "\u202eturned\u202c", "\u2066in\u2069", "z\u200be\u200dr\ufeffo", "a\r\nb\tc\x08\x7f\x00",
    "\x1b[?1049l\x1bc", "\x1b]8;;http://x/\x07link\x1b]8;;\x07", "\x1bP+q\x1b\\", "[/]", "[$x",
    "[@click=app.quit]quit[/]", "\u2028\u2029", "<script>alert(1)</script>", "-->>x: %%{init: {}}%%",
    "M" * 5_000, "e" + "\u0301" * 400, "\U000e0041\u00ad\ufff9", "汉字😀", "\x1b]52;c;UFdORUQ=\x07",
    "{{7*7}}", "'\"><img src=x onerror=x>", "\ue000\U0010ffff",
)  # fmt: skip
TEXTS = {
    "made_by", "kernel", "program", "thread", "args", "error", "says", "value", "reason", "request", "text",
    "hidden", "command", "capabilities",
}  # fmt: skip
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
"""What no text may have that a terminal or a page is given (but for what they are told to do)."""


def recording(name: str = "life-lab.jsonl", *, addresses: bool = False) -> Iterator[str]:
    """A recording with `EVIL` in all its texts; with `addresses` in those, too."""
    evil = cycle(EVIL)
    text = (DATA / name).read_text()
    for line in text.splitlines():
        event = json.loads(line)
        _spoil(event, evil)
        if event["event"] == "ended":
            yield from map(json.dumps, _more(event["t"], evil))
        made = json.dumps(event)
        if addresses:
            made = made.replace("10.0.0.2", json.dumps(EVIL[0] + EVIL[4] + "[b]")[1:-1])
        yield made


def _spoil(value: Any, evil: Iterator[str], key: str = "") -> Any:
    if isinstance(value, dict):
        for name, inner in value.items():
            value[name] = _spoil(inner, evil, name)
        if value.get("event") == "counter_raised":
            value["name"] += next(evil)
    elif isinstance(value, list):
        return [_spoil(inner, evil, key) for inner in value]
    elif isinstance(value, str) and key in TEXTS:
        return f"{value} {next(evil)}"
    elif isinstance(value, str) and key == "data":
        return base64.b64encode(b"\xff\xfe\x80" + next(evil).encode()[:50]).decode()
    elif isinstance(value, str) and key == "frame" and len(value) > 90:
        return base64.b64encode(base64.b64decode(value)[:66] + b"\xff\x9b\x1b]0;PWNED\x07[bold]").decode()
    return value


def _more(t: int, evil: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Events that a recording need not have."""
    for number in range(6):
        yield {"event": "marked", "t": t, "text": next(evil)}
        yield {"event": "request_refused", "t": t, "request": next(evil), "reason": next(evil)}
        yield {"event": "setting_changed", "t": t, "name": next(evil), "value": next(evil)}
        yield {
            "event": "program_started",
            "t": t,
            "host": "client",
            "pid": 900 + number,
            "program": next(evil),
        }


def write(path: Path, **options: Any) -> Path:
    """Write such a recording."""
    path.write_text("".join(line + "\n" for line in recording(**options)))
    return path
