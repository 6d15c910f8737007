"""The few calls of Nexus' HTTP API that the evaluation makes."""

import http.client
import json
import threading
from urllib.parse import urlsplit

TIMEOUT_S = 120


class Refused(Exception):
    """The server answered with an error."""


class Client:
    """Thread-safe: every thread has a connection of its own, kept open."""

    def __init__(self, url: str, key: str):
        self._host, self._key = urlsplit(url).netloc, key
        self._of_thread = threading.local()

    def call(self, method: str, path: str, body=None):
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        status, answer = self._exchange(method, path, payload, headers)
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {answer[:500].decode(errors='replace')}")
        return json.loads(answer) if answer else None

    def _exchange(self, method: str, path: str, payload, headers) -> tuple[int, bytes]:
        fresh = getattr(self._of_thread, "connection", None) is None
        if fresh:
            self._of_thread.connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        connection = self._of_thread.connection
        try:
            connection.request(method, path, payload, headers)
            response = connection.getresponse()
            return response.status, response.read()
        except (http.client.HTTPException, OSError):
            connection.close()
            self._of_thread.connection = None
            # A kept connection may have been closed meanwhile. What stores is not sent twice.
            if fresh or path.endswith("/episodes"):
                raise
            return self._exchange(method, path, payload, headers)
