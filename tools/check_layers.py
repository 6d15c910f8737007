#!/usr/bin/env python3
"""Holds every #include in src/ against cmake/modules.cmake, the same lines that CMake links by.

usage: check_layers.py [--self-test]

A module may include itself and what its nexus_module line DEPENDS on, its tests what TEST_DEPENDS
adds. An outside library has one door: the module that OWNERS names, or those files of it. Exit
status 1 if anything else is found.
"""

import pathlib
import re
import sys
import tempfile

# Heavy or replaceable outside headers, and the only modules that may name them.
OWNERS = {
    r"libpq": {"postgres"},
    r"boost/beast": {"http"},
    r"onnxruntime": {"embed/onnx"},
    r"curl/": {"embed/remote"},
    r"hiredis": {"redis"},
    r"unicode/|libstemmer": {"text"},
    r"prometheus/": {"base"},
    r"spdlog/|fmt/": {"base"},
    r"toml\+\+": {"embed", "app"},
    r"CLI/": {"cli", "app"},
}
MODULE = re.compile(r"^nexus_module\((\w+)([^)]*)\)", re.MULTILINE)
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


def read_modules(root):
    """-> {module: set of the modules that it may include}, and the same for what its tests add"""
    modules, tests = {}, {}
    for name, rest in MODULE.findall((root / "cmake/modules.cmake").read_text()):
        for found, word in ((modules, r"\bDEPENDS"), (tests, "TEST_DEPENDS")):
            depends = re.search(word + r"((?:\s+[a-z]\w*)*)", rest)
            found[name] = set(depends.group(1).split()) if depends else set()
    return modules, tests


def find_cycle(modules):
    """A module that reaches itself, or None. Declarations go bottom up, so order is enough."""
    seen = set()
    for name, depends in modules.items():
        if not depends <= seen:
            return name
        seen.add(name)
    return None


def check_file(root, path, modules, tests):
    door = path.relative_to(root / "src").as_posix()
    own = path.relative_to(root / "src").parts[0]
    allowed = modules.get(own, set()) | {own}
    if path.stem.endswith("test"):
        allowed = allowed | tests.get(own, set())
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, target = match.groups()
        where = f"{path.relative_to(root)}:{number}"
        head = target.split("/")[0]
        if quote == '"' and "/" in target and head in modules and head not in allowed:
            yield f"{where}: {own} may not include {target}: declare it in cmake/modules.cmake or move the code"
        for pattern, owners in OWNERS.items():
            if re.match(pattern, target) and not door.startswith(tuple(owners)):
                yield f"{where}: <{target}> belongs to {', '.join(sorted(owners))} alone: go through that module"


def check(root):
    modules, tests = read_modules(root)
    faults = []
    cycle = find_cycle(modules)
    if cycle:
        faults.append(f"cmake/modules.cmake: {cycle} depends on a module that is not declared above it")
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in (".h", ".cc"):
            faults.extend(check_file(root, path, modules, tests))
    return faults


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "cmake").mkdir()
        (root / "cmake/modules.cmake").write_text(
            "nexus_module(base)\nnexus_module(http)\nnexus_module(store DEPENDS base TEST_DEPENDS http)\n")
        for name, text in {
            "src/base/upward.cc": '#include "store/rows.h"\n',
            "src/store/rows.cc": '#include "http/server.h"\n',
            "src/store/rows_test.cc": '#include "http/server.h"\n',
            "src/store/side_door.cc": "#include <libpq-fe.h>\n",
            "src/store/sound.cc": '#include "base/error.h"\n#include "store/rows.h"\n',
        }.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        faults = check(root)
        places = [fault.split(":")[0] for fault in faults]
        assert places == ["src/base/upward.cc", "src/store/rows.cc", "src/store/side_door.cc"], faults
        (root / "cmake/modules.cmake").write_text("nexus_module(store DEPENDS base)\nnexus_module(base DEPENDS store)\n")
        assert any("not declared above" in fault for fault in check(root))


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
        return 0
    faults = check(pathlib.Path(__file__).resolve().parent.parent)
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
