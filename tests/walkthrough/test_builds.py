"""A run is remembered while its inputs stay as they are, if it went well."""

from pathlib import Path

import pytest
from walkthrough import builds
from walkthrough.fences import read_page


@pytest.mark.parametrize(("code", "kept"), [("1 + 1", 1), ("1 / 0", 0)])
def test_only_a_run_that_went_as_the_page_says_is_kept(
    code: str, kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "CACHE", tmp_path / "runs")
    path = tmp_path / "page.md"
    path.write_text(f"``` {{ .python .run #sum }}\nx = {code}\n```\n", "utf-8")
    page = read_page(path)
    problems, results = builds.run_of(page)
    assert len(problems) == 1 - kept and "sum" in results
    assert len(list((tmp_path / "runs").glob("page-*.json"))) == kept
    assert builds.run_of(page) == (problems, results)
