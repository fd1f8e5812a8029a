"""The user's own programs on the stage (`sockviz run`): their terminals, a keyboard for each."""
