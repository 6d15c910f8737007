"""Completions and the manual: made from the commands themselves."""

import os
import re
import shutil
import subprocess

import pytest

from nexus import BINARY, ROOT


def nexus(*words):
    return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)


def commands(*words):
    """Every command with none below it, as --help lists them: ["nexus brain list", …]."""
    text = nexus(*words, "--help").stdout
    listed = text.split("Subcommands:")[1].split("\n\n")[0] if "Subcommands:" in text else ""
    names = re.findall(r"^  (\S+)", listed, re.MULTILINE)
    if not names:
        return [" ".join(("nexus", *words))]
    return [command for name in names for command in commands(*words, name)]


def complete(*words):
    """What bash offers for the last word."""
    script = """
        PATH="$1:$PATH"; source <(nexus completion bash) || exit 1; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nexus; printf '%s\\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(["bash", "-c", script, "bash", BINARY.parent, "nexus", *words], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return set(done.stdout.split())


@pytest.mark.skipif(BINARY.name != "nexus", reason="completes the program called nexus")
def test_bash_completes_commands_flags_and_values():
    assert complete("reca") == {"recall"}
    assert {"up", "serve", "brain", "import"} <= complete("")
    assert {"list", "create", "show", "delete"} <= complete("brain", "")
    assert complete("brain", "cr") == {"create"}
    assert complete("recall", "--exp") == {"--expand", "--explain"}
    assert complete("recall", "--mode", "") == {"hybrid", "words", "vectors"}
    assert complete("recall", "--mode", "words", "--lim") == {"--limit"}
    assert complete("config", "show", "--bulk") == {"--bulk-threads"}
    assert complete("import", "--rejects", "x") == set(), "a file: bash's own completion"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_take_their_script(shell, tmp_path):
    script = nexus("completion", shell)
    assert script.returncode == 0 and "recall" in script.stdout and "--mode" in script.stdout.replace("-l mode", "--mode")
    if not shutil.which(shell):
        pytest.skip(f"no {shell} is installed to read the script")
    file = tmp_path / f"nexus.{shell}"
    file.write_text(script.stdout)
    done = subprocess.run([shell, "-n", file], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr


def test_an_unknown_shell_is_refused():
    done = nexus("completion", "tcsh")
    assert done.returncode == 2 and "bash" in done.stderr


def test_the_manual_lists_every_command_and_every_exit_status():
    page = nexus("man").stdout
    if shutil.which("man"):
        command = ["man", "-l", "-"]
    elif shutil.which("mandoc"):
        command = ["mandoc", "-T", "utf8"]
    else:
        pytest.skip("neither man nor mandoc is installed to render the page")
    done = subprocess.run(command, input=page, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "MANROFFOPT": "-ww"})
    assert done.returncode == 0 and not done.stderr, done.stderr
    text = re.sub(r".\x08", "", done.stdout)
    every = commands()
    assert len(every) > 20
    for command in every:
        assert command in text, command
    for code in "0123":
        assert re.search(rf"^\s+{code}\s+\S", text, re.MULTILINE), code
    assert "--token-budget" in text and "how much being new adds" in text


def test_help_says_the_exit_statuses():
    assert re.findall(r"^  (\d)  ", nexus("--help").stdout, re.MULTILINE) == ["0", "1", "2", "3"]


def test_the_page_of_the_documentation_is_the_manual():
    assert nexus("man", "--markdown").stdout == (ROOT / "docs/operate/command-line.md").read_text()
