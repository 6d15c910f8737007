"""A Nexus server of one's own in a temporary directory, from the built binary."""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

READY_TIMEOUT_S = 120
STOP_TIMEOUT_S = 60
LOG_LINES_SHOWN = 20


class Server:
    """Started by `with`; stopped, and its data removed, at the end."""

    def __init__(self, binary: Path):
        self._binary = binary

    def __enter__(self) -> "Server":
        if not self._binary.is_file():
            raise OSError(f"there is no {self._binary}; run make build")
        self._directory = Path(tempfile.mkdtemp(prefix="nexus-eval-"))
        self._directory.chmod(0o755)  # as root, the database runs as another user
        self._process = None
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                print(f"eval: the server did not stop within {STOP_TIMEOUT_S} s", file=sys.stderr)
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    @property
    def key(self) -> str:
        return (self._directory / "data" / "admin.key").read_text().strip()

    def _start(self) -> None:
        out, log = self._directory / "out", self._directory / "log"
        command = [
            self._binary,
            "up",
            "--data-dir",
            self._directory / "data",
            "--port",
            str(free_port()),
        ]
        with out.open("wb") as stdout, log.open("wb") as stderr:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            for line in out.read_text().splitlines(keepends=True):
                if line.startswith("ready ") and line.endswith("\n"):
                    self.url = line.split()[1]
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])
        raise OSError(f"the server did not become ready; its last lines:\n{tail}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
