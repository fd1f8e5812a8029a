"""The installed `sockviz` command, and `python -m sockviz`, which is the same.

Imports nothing before a Ctrl-C just ends it, without a traceback of whatever is being imported.
"""

import signal


def main() -> None:
    """Run the command (`sockviz.cli`), and exit with its status."""
    asked = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if asked:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from sockviz import cli  # noqa: PLC0415 - see the module's docstring

    if asked:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    cli.main()


if __name__ == "__main__":
    main()
