#!/usr/bin/env python3
"""Counts a JUnit report, as GoogleTest and pytest write it.

usage: count_tests.py REPORT

Standard output: `passed failed skipped`. On standard error, what a reader of the log should see: the
reason of every skipped test, and what passing tests printed (figures, say). A report that is not
there counts as one failure: its program crashed.
"""

import sys
import xml.etree.ElementTree as ElementTree


def main() -> int:
    try:
        cases = list(ElementTree.parse(sys.argv[1]).iter("testcase"))
    except (FileNotFoundError, ElementTree.ParseError):
        print(0, 1, 0)
        return 0
    passed = failed = skipped = 0
    for case in cases:
        name = case.get("name", "?")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
            print(f"   skipped {name}: {reason(case.find('skipped'))}", file=sys.stderr)
        elif case.get("status", "run") == "run":
            passed += 1
            for line in (case.findtext("system-out") or "").splitlines():
                if line and not line.startswith("---"):
                    print(f"   {name}: {line}", file=sys.stderr)
    print(passed, failed, skipped)
    return 0


def reason(skipped: ElementTree.Element) -> str:
    """GoogleTest puts the place on a line of its own before it, or behind it into the text."""
    words = (skipped.get("message") or skipped.text or "no reason given").strip().splitlines()
    return words[-1]


if __name__ == "__main__":
    sys.exit(main())
