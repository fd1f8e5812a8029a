"""`python -m sockviz` is the same as the installed `sockviz` command."""

from sockviz.cli import main

if __name__ == "__main__":
    main()
