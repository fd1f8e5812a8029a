"""`sockviz serve`: the stage in the browsers of a class. The server, and the processes that it starts."""
