"""nexus import: many episodes from a file, however often it is interrupted."""

import json
import subprocess

import pytest

from nexus import BINARY, ROOT, Brain, wait_until

MUTANT = ROOT / "build/debug/nexus_mutant_import_without_key"
LINES = 2000


@pytest.fixture
def run(server, brain):
    def nexus(*words, **options):
        return server.run("import", "--url", server.url, "--data-dir", server.data, "--brain", brain.name, *words, **options)

    return nexus


@pytest.fixture
def write(tmp_path):
    def lines(made):
        path = tmp_path / "memories.jsonl"
        path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in made))
        return path

    return lines


def numbered(count=LINES):
    return [{"content": f"Note {n} of the log.", "session_id": f"day-{n // 50}", "tags": ["log"], "metadata": {"n": n}}
            for n in range(1, count + 1)]


def contents(brain):
    found, cursor = [], None
    while True:
        page = brain.client.get(f"{brain.path}/episodes", params={"limit": 1000, **({"cursor": cursor} if cursor else {})})
        found += [episode["content"] for episode in page.json()["episodes"]]
        cursor = page.json()["next_cursor"]
        if not cursor:
            return found[::-1]


def test_a_file_is_stored_whole_and_in_order_and_a_second_time_nothing(run, brain, write):
    path = write(numbered())
    for _ in range(2):
        done = run(path)
        answer = json.loads(done.stdout)
        assert done.returncode == 0 and (answer["lines"], answer["stored"], answer["refused"]) == (LINES, LINES, 0), done.stderr
        assert "importing 100 %" in done.stderr
        assert contents(brain) == [episode["content"] for episode in numbered()]


def test_stdin_is_a_file_like_any_other(run, brain, write):
    path = write(numbered(250))
    assert run(path).returncode == 0
    done = run("-", input="\ufeff" + path.read_text().replace("\n", "\r\n").removesuffix("\r\n"))
    assert done.returncode == 0 and json.loads(done.stdout)["stored"] == 250, done.stderr
    assert brain.stats()["total"] == 500, "another file, by its bytes"
    assert run("-", input=path.read_text()).returncode == 0
    assert brain.stats()["total"] == 500, "the same file, by its bytes"


BAD = {
    2: ('{"content": "half', "JSON"),
    3: ('["content"]', "is not a JSON object"),
    4: ('{"content": "  "}', "content: must not be blank"),
    5: ('{"speaker": "Ana"}', "content: is required"),
    6: ('{"content": "x", "speeker": "Ana"}', "speeker: an episode has no such field"),
    7: ('{"content": "x", "tags": "a"}', "tags: must be a list of strings"),
    8: ('{"content": "x", "importance_score": 2}', "importance_score: must be between 0 and 1"),
    9: ('{"content": "x", "occurred_at": "soon"}', "occurred_at: must be an RFC 3339 time"),
    10: ('{"content": "x", "occurred_at": "2999-01-01T00:00:00Z"}', "occurred_at: lies more than a day in the future"),
    11: ('{"content": "x", "content": "y"}', "the key comes twice"),
    12: ('{"content": "' + "x" * (1 << 20) + 'x"}', "content: 1048577 bytes exceed the limit"),
    # Deep enough to be refused only inside of the request: what the server says, at the line it says it of.
    13: ('{"content": "x", "metadata": {"a": ' + "[" * 61 + "]" * 61 + "}}", ""),
}


@pytest.mark.parametrize("flags", [[], ["--dry-run"]])
def test_bad_lines_are_named_and_kept_and_the_others_stored(run, brain, write, tmp_path, flags):
    lines = [{"content": "the first"}] + [line for line, _ in BAD.values()] + ["", {"content": "the last", "speaker": None}]
    rejects = tmp_path / "rejects.jsonl"
    done = run(write(lines), "--rejects", rejects, *flags)
    answer = json.loads(done.stdout)
    bad = {number: says for number, (_, says) in BAD.items() if number != 13 or not flags}
    assert done.returncode == 3 and (answer["lines"], answer["refused"], answer["blank"]) == (len(lines), len(bad), 1), done.stderr
    assert [fault["line"] for fault in answer["faults"]] == sorted(bad)
    for fault in answer["faults"]:
        assert bad[fault["line"]] in fault["reason"], fault
        assert f"line {fault['line']}: {fault['reason'][:20]}" in done.stderr
    assert rejects.read_text().splitlines() == [BAD[number][0] for number in sorted(bad)]
    assert contents(brain) == ([] if flags else ["the first", "the last"])


def test_lines_that_are_good_only_later_are_not_guessed_at(run, brain, write):
    """A batch that was stored without a line is left alone when the line has become good: no doubles."""
    path = write([{"content": "one"}, {"content": "two"}])
    digest = subprocess.run(["sha256sum", path], capture_output=True, text=True).stdout[:32]
    brain.client.post(f"{brain.path}/episodes", headers={"idempotency-key": f"import-{digest}-1-2"},
                      json={"episodes": [{"content": "one"}]}).raise_for_status()
    done = run(path)
    assert done.returncode == 3 and json.loads(done.stdout)["left_alone"] == 2 and "lines 1 to 2" in done.stderr, done.stderr
    assert contents(brain) == ["one"]


def test_it_begins_where_it_is_told_to(run, brain, write):
    done = run(write(numbered(450)), "--from", "201")
    assert json.loads(done.stdout)["stored"] == 250, done.stderr
    assert contents(brain) == [episode["content"] for episode in numbered(450)[200:]]


def interrupted_and_repeated(server, brain, path, binary=BINARY):
    """Killed while it imports, each time a bit later; then left in peace."""
    command = [binary, "import", "--url", server.url, "--data-dir", server.data, "--brain", brain.name, path]
    for share in (0.1, 0.4, 0.7):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: brain.stats()["total"] >= share * LINES or process.poll() is not None, 60, "a part of the import")
        process.kill()
        process.wait()
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return contents(brain)


def test_interrupted_and_repeated_nothing_is_stored_twice(server, brain, write):
    assert interrupted_and_repeated(server, brain, write(numbered())) == [episode["content"] for episode in numbered()]


def test_the_mutant_that_sends_no_key_is_caught(server, brain, write):
    assert len(interrupted_and_repeated(server, brain, write(numbered()), MUTANT)) > LINES


def test_it_waits_for_a_server_that_is_away_and_stops_with_the_way_on(private, write):
    server = private()
    path = write(numbered())
    with server.client() as client:
        brain = Brain(client, "log")
        command = [BINARY, "import", "--url", server.url, "--data-dir", server.data, "--brain", "log", path]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: brain.stats()["total"] > 0, 60, "a part of the import")
        server.kill()
        server.start()
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0 and json.loads(out)["stored"] == LINES, err
        assert contents(brain) == [episode["content"] for episode in numbered()]
    done = server.run("import", "--url", server.url, "--data-dir", server.data, "--brain", "nobody", path)
    assert done.returncode == 1 and "nexus brain create nobody" in done.stderr


def test_a_dry_run_needs_no_server_and_a_missing_file_is_named(server, write, tmp_path):
    done = server.run("import", "--dry-run", "--url", "http://127.0.0.1:1", write(numbered(3)))
    assert done.returncode == 0 and json.loads(done.stdout)["good"] == 3, done.stderr
    done = server.run("import", "--dry-run", tmp_path / "absent")
    assert done.returncode == 1 and "absent" in done.stderr
