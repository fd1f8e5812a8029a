"""`sockviz serve`: what is on the screen otherwise, in the browsers of a class. The server, and what it starts."""
