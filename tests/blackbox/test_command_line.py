"""The commands, as a person types them."""

import json

import pytest


@pytest.fixture
def nexus(server, brain):
    def run(command, *arguments, **options):
        return server.run(command, "--url", server.url, "--data-dir", server.data, "--brain", brain.name, *arguments,
                          **options)

    return run


def test_a_list_takes_one_word_and_leaves_the_text_alone(nexus, brain):
    done = nexus("remember", "--tag", "letters", "--tag", "old,long", "-", input="a long letter\n")
    assert done.returncode == 0, done.stderr
    [episode] = brain.client.get(f"{brain.path}/episodes").json()["episodes"]
    assert (episode["content"], episode["tags"]) == ("a long letter", ["letters", "old", "long"])


def test_recall_takes_filters_as_flags(nexus, brain):
    brain.remember_all([{"content": f"lantern {n}", "importance_score": n / 10, "metadata": {"lamp": n}} for n in range(5)])
    for flags, found in [(["--metadata", '{"lamp": {"gte": 3}}'], {"lantern 3", "lantern 4"}),
                         (["--min-importance", "0.1", "--max-importance", "0.2"], {"lantern 1", "lantern 2"})]:
        done = nexus("recall", *flags, "--mode", "words", "lantern")
        assert {result["content"] for result in json.loads(done.stdout)["results"]} == found, done.stderr
    done = nexus("list", "--min-importance", "0.3", "--limit", "1")
    assert [episode["content"] for episode in json.loads(done.stdout)["episodes"]] == ["lantern 4"], done.stderr
    done = nexus("recall", "--as-of", "2020-01-01T00:00:00Z", "--dedupe", "lantern")
    assert json.loads(done.stdout)["results"] == [], done.stderr
    done = nexus("recall", "--metadata", "[1]", "lantern")
    assert done.returncode != 0 and "JSON object" in done.stderr


def test_revise_invalidate_and_history(nexus, brain):
    id = brain.remember("The lamp is red.", speaker="Ana", tags=["lamp"])["id"]
    done = nexus("revise", id, "The lamp is green.", "--clear", "speaker", "--clear", "tags")
    assert done.returncode == 0 and json.loads(done.stdout)["version"] == 2, done.stderr
    episode = brain.client.get(f"{brain.path}/episodes/{id}").json()
    assert (episode["content"], episode.get("speaker"), episode["tags"]) == ("The lamp is green.", None, [])
    assert [old["content"] for old in json.loads(nexus("history", id).stdout)["revisions"]] == ["The lamp is red."]
    done = nexus("revise", id, "--if-version", "1", "The lamp is blue.")
    assert done.returncode == 1 and "412" not in done.stderr and "version 1" in done.stderr
    done = nexus("invalidate", id)
    assert done.returncode == 0 and json.loads(done.stdout)["invalidated_at"], done.stderr
    assert brain.found("lamp", mode="words") == []
    assert nexus("revise", id).returncode != 0, "nothing to change"


@pytest.mark.parametrize("words, says", [
    (["brain"], "One of: list, create, show, delete"),
    (["--brain", "x", "recall", "a"], "stands before the command"),
    (["remind"], "no command `nexus remind`"),
    (["brain", "make"], "no command `nexus brain make`"),
    (["recall"], "`nexus recall --help`"),
    ([], "which command?"),
])
def test_a_wrong_command_line_says_what_to_type(server, words, says):
    done = server.run(*words)
    assert done.returncode == 2 and says in done.stderr, done.stderr
