"""The toy server and its clients: real processes making real blocking calls; the hosts that fork them."""
