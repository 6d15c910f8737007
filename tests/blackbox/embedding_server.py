"""An OpenAI-compatible embedding server of the tests: vectors from hashes of words, and faults on request."""

import contextlib
import hashlib
import http.server
import json
import math
import threading

DIMENSION = 32


def vector_of(text):
    """A unit vector; texts that share words are close. The same text gives the same one."""
    sums = [0.0] * DIMENSION
    for word in text.lower().split() or [""]:
        for index, byte in enumerate(hashlib.sha256(word.encode()).digest()):
            sums[index] += byte - 127.5
    length = math.sqrt(sum(value * value for value in sums))
    return [value / length for value in sums]


def answer(vectors):
    entries = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in enumerate(vectors)]
    return 200, json.dumps({"object": "list", "data": entries})


FAULTS = {
    "error": lambda vectors: (500, "broken"),
    "redirect": lambda vectors: (302, ""),
    "hang": lambda vectors: None,
    "not json": lambda vectors: (200, "<html>"),
    "wrong count": lambda vectors: answer(vectors + vectors[:1]),
    "wrong dimension": lambda vectors: answer([vector[1:] for vector in vectors]),
    "NaN": lambda vectors: answer([[math.nan] * DIMENSION for _ in vectors]),
    "no direction": lambda vectors: answer([[0.0] * DIMENSION for _ in vectors]),
    "refuses everything": lambda vectors: (400, "no"),
}


class EmbeddingServer:
    """`fault` is a key of FAULTS, or None while it works; `seen` counts the requests since it was set."""

    def __init__(self):
        self.fault = None
        self.seen = 0
        self.released = threading.Event()
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                owner.seen += 1
                vectors = [vector_of(text) for text in body["input"]]
                made = FAULTS[owner.fault](vectors) if owner.fault else answer(vectors)
                if made is None:
                    owner.released.wait()
                    made = 503, ""
                with contextlib.suppress(OSError):
                    self.reply(*made)

            def reply(self, status, text):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(text)))
                if status == 302:
                    self.send_header("location", "/elsewhere")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def describe(self, folder, **more):
        """Makes `folder` the directory of this model; returns it."""
        folder.mkdir(exist_ok=True)
        lines = {"kind": "openai", "name": "hashes", "model": "hashes-1", "dimension": DIMENSION, "max_tokens": 256,
                 "url": f"http://127.0.0.1:{self.http.server_port}/v1", "timeout_ms": 500, "allow_private": True, **more}
        (folder / "nexus-model.toml").write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()))
        return folder

    def break_down(self, fault):
        self.seen = 0
        self.fault = fault

    def recover(self):
        self.break_down(None)
        self.released.set()
        self.released = threading.Event()

    def close(self):
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
