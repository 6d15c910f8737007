"""What Linux says of processes: CPU time and memory, of a process and those that it started."""

import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")


def family(pid):
    """The process and all below it that are there now."""
    children = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue  # it has just ended
            children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid):
    """Of this process and of its children that have ended."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def family_cpu_seconds(pid):
    return sum(map(cpu_seconds, family(pid)))


def resident_mib(pid):
    """VmRSS: what of the process is in memory, shared pages included."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} has no VmRSS")


class Stopwatch:
    """Wall time, and the CPU time of a server with all that belongs to it, of a `with` block."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        self._wall, self._cpu = time.monotonic(), family_cpu_seconds(self.pid)
        return self

    def __exit__(self, *_):
        self.wall, self.cpu = time.monotonic() - self._wall, family_cpu_seconds(self.pid) - self._cpu
