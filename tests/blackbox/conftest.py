import itertools

import pytest

from nexus import BINARY, Brain, Nexus

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    """One server for all tests that leave it as it was."""
    assert BINARY.exists(), f"{BINARY} is not built: run make debug"
    made = Nexus()
    try:
        yield made.start()
    finally:
        made.remove()


@pytest.fixture(scope="session")
def model(server):
    """Skips what needs the embedding model where there is none."""
    with server.client() as client:
        parts = {part["name"]: part for part in client.get("/health/comprehensive").json()["parts"]}
    if not parts["model"]["ok"]:
        pytest.skip("no embedding model: run `make model`")


@pytest.fixture
def client(server):
    with server.client() as made:
        yield made


@pytest.fixture
def brain(client):
    return Brain(client, f"brain-{next(numbers)}")


@pytest.fixture
def private():
    """A server of the test's own, to be killed and maimed; removed at the end."""
    made = []

    def start(*flags, **options):
        server = Nexus(*flags, **options)
        made.append(server)
        return server.start()

    yield start
    for server in made:
        server.remove()
