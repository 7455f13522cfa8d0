"""The round trip, captured: a recorder of real servers, and a renderer of what it saw.

`record` runs Daphne with a Django project under CPython's own profiling hook and writes
each call that matters, with file, line, thread and task. `render` makes the lists of
the chapter from that. Nothing in between is written by hand but the sentences.
"""
