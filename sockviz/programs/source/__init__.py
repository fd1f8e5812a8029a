"""The toy programs as one would write them, in Python and in C: to be shown beside what they do, and run.

They make the calls that the puppets make (`sockviz.programs.puppet`), each on a line of its own;
`sockviz.listings` knows which. Nothing here is imported by the rest.
"""
