"""The pages, held against the program and each other."""

import re

import pytest

from nexus import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_page_of_metrics_lists_what_the_server_exports(client, brain):
    brain.remember("A lamp.")
    assert brain.found("lamp", mode="words") == ["A lamp."]
    exported = {}
    for word, name, rest in re.findall(r"^# (HELP|TYPE) (\S+) (.*)$", client.get("/metrics").text, re.MULTILINE):
        exported.setdefault(name, {})[word] = rest
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*) \|$", (ROOT / "docs/operate/metrics.md").read_text(), re.MULTILINE)
    assert {name: {"TYPE": kind, "HELP": text} for name, kind, text in rows} == exported


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), target
