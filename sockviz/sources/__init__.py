"""The only code, with the lab and the programs, that touches the outside: capture, tables, counters."""
