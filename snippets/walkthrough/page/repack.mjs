// node repack.mjs PYODIDE_DIR OURS.zip OUT_DIR
//
// Most of Pyodide's start is CPython compiling its own standard library. So the page gets
// both archives with that work done: the modules that a start imports, and all of ours, as
// .pyc by the very interpreter that will load them. The same input gives the same bytes.
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [pyodideDir, ours, outDir] = process.argv.slice(2).map((name) => path.resolve(name));
const {loadPyodide} = await import(pathToFileURL(path.join(pyodideDir, "pyodide.mjs")));
const python = await loadPyodide({indexURL: pyodideDir + path.sep});
python.FS.mkdirTree("/runtime");
python.FS.writeFile("/runtime/walkthrough.zip", fs.readFileSync(ours));
python.FS.writeFile("/stdlib.zip", fs.readFileSync(path.join(pyodideDir, "python_stdlib.zip")));
python.runPython(`
import sys

sys.path.insert(0, "/runtime/walkthrough.zip")
import walkthrough.page.kernel

walkthrough.page.kernel.warm()

import importlib._bootstrap_external as bootstrap
import importlib.util
import zipfile


def pyc(name, source, origin):
    code = compile(source, origin, "exec", dont_inherit=True, optimize=0)
    return bytes(bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def repack(archive, where, target, wanted, keep_source):
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w") as new:
        for name in sorted(n for n in old.namelist() if not n.endswith("/")):
            data = old.read(name)
            compiled = name.endswith(".py") and wanted(name)
            if not compiled or keep_source:
                add(new, name, data)
            if compiled:
                add(new, name + "c", pyc(name, data, where + name))


def add(archive, name, data):
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data, compresslevel=9)


stdlib = next(p for p in sys.path if p.endswith(".zip") and "walkthrough" not in p) + "/"
booted = {
    spec.origin.removeprefix(stdlib).removesuffix("c")
    for module in list(sys.modules.values())
    if (spec := getattr(module, "__spec__", None)) and spec.origin
}
repack("/stdlib.zip", stdlib, "/python_stdlib.zip", booted.__contains__, False)
repack("/runtime/walkthrough.zip", "/runtime/walkthrough.zip/", "/walkthrough.zip", bool, True)
`);
for (const name of ["python_stdlib.zip", "walkthrough.zip"])
  fs.writeFileSync(path.join(outDir, name), python.FS.readFile("/" + name));
process.exit(0);
