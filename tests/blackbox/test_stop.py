"""Signals: a clean stop whatever the server is doing, and nothing left behind."""

import os
import signal
import socket
import subprocess

import httpx
import pytest

from nexus import BINARY, Nexus, free_port, wait_until


def children(server):
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(server.process.pid)], capture_output=True, text=True)
    return [int(pid) for pid in found.stdout.split()]


def alive(pid):
    return os.path.exists(f"/proc/{pid}")


def half_a_request(server):
    """A client that sends the rest of its request never."""
    client = socket.create_connection(("127.0.0.1", server.port))
    client.sendall(b"POST /v1/brains HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{")
    return client


def test_a_stop_leaves_no_process_and_no_socket(private):
    server = private("--model", "none")
    pids = children(server)
    assert len(pids) >= 2
    assert server.stop() == 0
    assert not any(map(alive, pids))
    assert list((server.data / "run").iterdir()) == []


def test_the_same_signal_again_does_not_wait_for_running_requests(private):
    server = private("--model", "none", "--drain-ms", "600000")
    client = half_a_request(server)
    server.process.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in server.log(), what="the first signal's answer")
    server.process.send_signal(signal.SIGINT)  # Ctrl-C, and a script that passes it on: one wish
    client.settimeout(1)
    with pytest.raises(TimeoutError):  # neither answered nor cut off
        client.recv(1)
    assert server.stop() == 0
    client.close()


def test_a_reader_of_the_log_that_leaves_does_not_end_the_server(private):
    server = Nexus("--model", "none")
    read, write = os.pipe()
    command = [BINARY, "up", "--data-dir", server.data, "--port", str(server.port), *server.flags]
    server.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=write)
    os.close(write)
    try:
        assert server.process.stdout.readline().startswith(b"ready ")
        os.close(read)
        pids = children(server)
        assert server.stop() == 0
        assert not any(map(alive, pids))
    finally:
        server.remove()


def test_a_signal_during_the_start_gives_it_up(private):
    server = private("--model", "none")
    database = f"host={server.data}/run dbname=nexus user=nexus_admin"

    def ask(sql):
        return subprocess.run(["psql", "-XAtq", database, "-c", sql], capture_output=True, text=True).stdout.strip()

    # Whoever migrates holds this lock (store/sql/schema.sql); here it is a person in psql.
    holder = subprocess.Popen(["psql", "-XAtq", database], stdin=subprocess.PIPE, text=True)
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted = {}"
    try:
        print("SELECT pg_advisory_lock(4096133);", file=holder.stdin, flush=True)
        wait_until(lambda: ask(waiting.format("true")) == "1", what="the lock")
        other = subprocess.Popen(
            [BINARY, "serve", "--database", database, "--port", str(free_port()), "--model", "none"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: ask(waiting.format("false")) == "1", what="a start that waits")
        other.send_signal(signal.SIGTERM)
        out, log = other.communicate(timeout=30)
        assert other.returncode == 0 and out == "", log
    finally:
        holder.kill()
        holder.wait()


def test_clients_leave_files_for_the_database(private):
    server = private("--model", "none")
    assert server.stop() == 0
    command = ["bash", "-c", 'ulimit -n 160 && exec "$@"', "bash",
               BINARY, "up", "--data-dir", server.data, "--port", str(server.port), *server.flags]
    server.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert server.process.stdout.readline().startswith(b"ready ")
    crowd = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
    crowd[-1].settimeout(30)
    assert crowd[-1].recv(100).startswith(b"HTTP/1.1 503 ")  # all before it have been let in or turned away
    for member in crowd[:50]:
        member.close()

    def works():
        try:
            with server.client() as client:
                return client.get("/v1/brains").status_code == 200 and client.get("/health/ready").status_code == 200
        except httpx.TransportError:
            return False  # turned away: the server has not yet seen that the fifty are gone

    wait_until(works, what="a server that reaches its database")
    for member in crowd[50:]:
        member.close()
