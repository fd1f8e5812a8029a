"""The user's own programs on a lab's host: started, followed, typed to, ended; unchanged."""
