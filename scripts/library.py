"""Runs inside Pyodide, in node: turns Python sources into what the browser loads.

The bytecode must be made by the interpreter that will read it (the magic number is checked), so
the build boots Pyodide itself and lets it compile. `.pyc` with an unchecked hash: nothing is
stat-ed or compared at import. Stored, not deflated: a deflated member would defeat brotli.
"""

import importlib._bootstrap_external as bootstrap
import io
import sys
import zipfile

EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed date: equal input gives equal bytes


def loaded(zip_path):
    """Names inside the zip of all modules imported so far, e.g. `json/decoder.py`."""
    files = (getattr(module, "__file__", None) or "" for module in list(sys.modules.values()))
    return sorted({f[len(zip_path) + 1 :] for f in files if f.startswith(zip_path + "/")})


def compiled(name, source):
    """(`x.pyc`, bytes) of `x.py`, docstrings and asserts removed."""
    code = compile(source, "/lib/" + name, "exec", dont_inherit=True, optimize=2)
    return name + "c", bytes(bootstrap._code_to_hash_pyc(code, b"\0" * 8, False))


def compile_all(zip_path):
    """Bytes of a stored zip: every Python file of the zip, compiled."""
    with zipfile.ZipFile(zip_path) as stock:
        names = [name for name in stock.namelist() if name.endswith(".py")]
        return write_zip(dict(compiled(name, stock.read(name)) for name in names))


def bundle(stock_path, names, core):
    """Bytes of a library zip: the named files of the compiled library (None: all) and the core."""
    with zipfile.ZipFile(stock_path) as stock:
        wanted = stock.namelist() if names is None else [name + "c" for name in names]
        members = {name: stock.read(name) for name in wanted}
    members.update(compiled(name, source) for name, source in core.items())
    return write_zip(members)


def write_zip(members):
    """Bytes of a stored zip of {name: bytes}."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(members):
            target.writestr(zipfile.ZipInfo(name, EPOCH), members[name])
    return out.getvalue()
