"""The screens of `sockviz watch`: the list of listeners, and what is closely watched. They change nothing."""
