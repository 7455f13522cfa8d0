"""The run of a page: what it ends with."""

import gc
import warnings
from pathlib import Path

from walkthrough.check import PageRun
from walkthrough.fences import read_page

LEFT_OPEN = """
``` { .python .run .local #open data-reason="it opens a socket." }
import socket

mine = [socket.socket()]
mine.append(mine)
```
"""


def test_what_snippets_leave_open_is_collected_with_their_page() -> None:
    run = PageRun(read_page(Path("docs/page.md"), LEFT_OPEN))
    assert run.problems(run.snippets()[0]) == []
    run.close()
    del run
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        gc.collect()
    assert [str(warning.message) for warning in told] == []
