"""Builds the site as it is hosted: the strict build, and the step after it.

`python -m walkthrough.site FOLDER`, run where mkdocs.yml is.
"""

import os
import subprocess
import sys
from pathlib import Path

from walkthrough.book import chapters
from walkthrough.builds import run_all
from walkthrough.extract import write_scripts
from walkthrough.page.pack import publish
from walkthrough.postbuild import PostBuildError, finish

QUIET = {"NO_MKDOCS_2_WARNING": "1"}
"""Material's note on its own future; pyproject.toml pins what the note is about."""


class BuildError(Exception):
    """The site does not build; the message is what the generator said."""


def build(root: Path, into: Path) -> int:
    """Build the site of a folder, and give the number of its pages.

    The pages run side by side first; the generator would run one after the other.

    The generator runs in an interpreter of its own: it then sees the snippets as they
    are now, not as they were when this process imported them.
    """
    run_all(chapters())
    # Not --quiet: MkDocs would then not count the warnings that --strict is about.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    ended = subprocess.run(
        [*command, "--site-dir", str(into.absolute())],
        cwd=root,
        env=os.environ | QUIET,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if ended.returncode:
        raise BuildError(ended.stdout.rstrip())
    write_scripts(root / "docs", into)
    publish(into)
    return finish(into)


def main() -> int:
    if len(sys.argv) != 2:
        print("usage: python -m walkthrough.site FOLDER", file=sys.stderr)
        return 2
    into = Path(sys.argv[1])
    try:
        pages = build(Path.cwd(), into)
    except (BuildError, PostBuildError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{into}: {pages} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
