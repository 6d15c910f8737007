#!/usr/bin/env python3
"""Makes C++ constants of SQL and other texts, so that they live in files of their own kind.

usage: gen_queries.py sql OUT.h FILE.sql...                     statements behind `-- name: Name`
       gen_queries.py text OUT.h NAMESPACE ARRAY FILE...        whole files, as EmbeddedFile

A comment directly behind the name is the statement's contract and stays out of the constant.
"""

import pathlib
import re
import sys


def raw(text):
    """A raw string literal whose delimiter does not occur in the text."""
    delimiter = "text"
    while f"){delimiter}\"" in text:
        delimiter += "_"
    return f'R"{delimiter}({text}){delimiter}"'


def read_statements(path):
    parts = re.split(r"^-- name: *", path.read_text(), flags=re.MULTILINE)[1:]
    for part in parts:
        name, _, body = part.partition("\n")
        name = name.strip()
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", name):
            sys.exit(f"{path}: `{name}` is not a name like InsertEpisodes")
        sql = re.sub(r"\A(?:--[^\n]*\n)+", "", body).strip().rstrip(";")
        if not sql:
            sys.exit(f"{path}: {name} has no SQL")
        yield name, sql


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def generate_sql(paths):
    lines = ["// Generated from store/sql/*.sql.", "#pragma once", "", '#include "postgres/statement.h"', "",
             "namespace nexus::store::sql {", ""]
    names = []
    for path in paths:
        for name, sql in read_statements(path):
            if name in names:
                sys.exit(f"{path}: {name} is there twice")
            names.append(name)
            lines.append(f'inline constexpr postgres::Statement k{name}{{"{snake(name)}", {raw(sql)}}};')
    lines += ["", "}  // namespace nexus::store::sql", ""]
    return "\n".join(lines)


def generate_text(namespace, array, paths):
    lines = ["// Generated from whole files.", "#pragma once", "", "#include <string_view>", "",
             f"namespace {namespace} {{", "", "struct EmbeddedFile {", "  std::string_view name;",
             "  std::string_view content;", "};", "", f"inline constexpr EmbeddedFile {array}[] = {{"]
    lines += [f'    {{"{path.name}", {raw(path.read_text())}}},' for path in paths]
    lines += ["};", "", f"}}  // namespace {namespace}", ""]
    return "\n".join(lines)


def main(arguments):
    if len(arguments) >= 3 and arguments[0] == "sql":
        text = generate_sql(map(pathlib.Path, arguments[2:]))
    elif len(arguments) >= 5 and arguments[0] == "text":
        text = generate_text(arguments[2], arguments[3], list(map(pathlib.Path, arguments[4:])))
    else:
        sys.exit(__doc__)
    out = pathlib.Path(arguments[1])
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
