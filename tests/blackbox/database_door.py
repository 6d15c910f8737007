"""A door in front of a PostgreSQL's socket, that can be shut: on whoever knocks, or in the middle of a talk."""

import contextlib
import pathlib
import socket
import tempfile
import threading


class DatabaseDoor:
    """Its folder is a `host=` for libpq. While it is shut nobody gets in, and who was in is out."""

    def __init__(self, behind):
        """`behind`: the folder of the real socket."""
        self.behind = str(pathlib.Path(behind) / ".s.PGSQL.5432")
        self.folder = tempfile.TemporaryDirectory(prefix="door")
        self.lock = threading.Lock()
        self.inside = set()
        self.pieces_left = None
        self.last_piece_goes_through = False
        self.is_open = False
        self.listener = None
        self.open()

    def open(self):
        with self.lock:
            self.pieces_left = None
            if self.is_open:
                return
            self.is_open = True
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(pathlib.Path(self.folder.name) / ".s.PGSQL.5432"))
            self.listener.listen(64)
        threading.Thread(target=self.let_in, args=(self.listener,), daemon=True).start()

    def shut(self):
        with self.lock:
            self._shut()

    def shut_after(self, pieces, last_goes_through):
        """Of what the pool of nexus_api sends; the last one is lost, or is received and its answer is lost."""
        with self.lock:
            self.pieces_left = pieces
            self.last_piece_goes_through = last_goes_through

    def _shut(self):
        if not self.is_open:
            return
        self.is_open = False
        (pathlib.Path(self.folder.name) / ".s.PGSQL.5432").unlink()
        for one in [self.listener, *self.inside]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.inside.clear()

    def let_in(self, listener):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.behind)
                with self.lock:
                    self.inside |= {client, server}
                threading.Thread(target=self.carry_in, args=(client, server), daemon=True).start()
                threading.Thread(target=self.carry_out, args=(server, client), daemon=True).start()

    def carry_in(self, client, server):
        with contextlib.suppress(OSError):
            counted = None
            while piece := client.recv(1 << 16):
                if counted is None:  # the first one says who it is
                    counted = b"nexus_api" in piece
                elif counted and self.is_last():
                    if self.last_piece_goes_through:
                        server.sendall(piece)
                    return self.shut()
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def carry_out(self, server, client):
        with contextlib.suppress(OSError):
            while piece := server.recv(1 << 16):
                client.sendall(piece)
            client.shutdown(socket.SHUT_RDWR)

    def is_last(self):
        with self.lock:
            if self.pieces_left is None:
                return False
            self.pieces_left -= 1
            return self.pieces_left == 0

    def close(self):
        self.shut()
        self.folder.cleanup()
