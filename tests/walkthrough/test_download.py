"""The script of a chapter, as the site offers it."""

import subprocess
import sys
from pathlib import Path

from walkthrough.extract import write_scripts

PAGE = """\
# Names

``` { .python .run #one }
import asyncio

async def greet():
    await asyncio.sleep(0)
    print("Hello")

await greet()
```

``` { .text .output }
Hello
```
"""


def test_the_site_has_the_script_of_a_page_beside_it(tmp_path: Path) -> None:
    docs, site = tmp_path / "docs", tmp_path / "site"
    (docs / "chapters").mkdir(parents=True)
    (site / "chapters" / "names").mkdir(parents=True)
    (docs / "index.md").write_text(PAGE)
    (docs / "chapters" / "names.md").write_text(PAGE)
    (docs / "plain.md").write_text("# Nothing to run\n")
    write_scripts(docs, site)
    scripts = sorted(str(f.relative_to(site)) for f in site.rglob("*.py"))
    assert scripts == ["chapters/names/names_chapter.py", "index_chapter.py"]
    for script in scripts:
        ran = subprocess.run(
            [sys.executable, script], cwd=site, capture_output=True, text=True
        )
        assert (ran.stdout, ran.stderr) == ("Hello\n", "")
