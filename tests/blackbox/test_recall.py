"""Finding again: by word, by meaning, across languages, in long texts, after plain SQL."""

import time

import pytest

from nexus import wait_until

DIARY = [
    "El martes el médico me dijo que soy alérgica a los frutos secos.",
    "Tom's dog is called Biscuit and sleeps under the stairs.",
    "La factura de Hacienda vence el 20 de julio.",
    "We moved the orders table to a new database because writes were slow.",
    "Marta prefiere el café sin azúcar desde enero.",
    "The bees left the old hive and settled in the apple tree.",
]


@pytest.fixture(scope="module")
def diary(server, model):
    from nexus import Brain

    with server.client() as client:
        brain = Brain(client, "diary")
        brain.remember_all([{"content": text} for text in DIARY], wait="embedded")
        yield brain


@pytest.mark.parametrize("question, answer", [
    ("Which food is she allergic to?", 0),
    ("¿Cómo se llama la mascota de Tom?", 1),
    ("when do I have to pay the taxes?", 2),
    ("¿Por qué era lenta la base de datos?", 3),
    ("coffee preferences", 4),
    ("where did the swarm go?", 5),
])
def test_it_is_found_by_meaning_also_in_the_other_language(diary, question, answer):
    assert diary.found(question, limit=2)[0] == DIARY[answer]


def test_scores_descend_and_each_arm_tells_its_part(diary):
    results = diary.recall("Biscuit the dog", limit=6)["results"]
    scores = [result["score"] for result in results]
    assert scores == sorted(scores, reverse=True)
    assert results[0]["words"] > 0 and -1 <= results[0]["meaning"] <= 1


def test_each_mode_uses_its_arm_alone(diary):
    words = diary.recall("Biscuit", mode="words")["results"]
    assert [result["content"] for result in words] == [DIARY[1]]
    vectors = diary.recall("Biscuit", mode="vectors")["results"]
    assert len(vectors) == len(DIARY) and all("meaning" in result for result in vectors)


def long_text(bytes_wanted):
    parts, size = [], 0
    for i in range(100_000):
        sentence = f"Entry {i}: the pump ran for {i % 97} minutes and the tank held {i % 53} litres. "
        parts.append(sentence)
        size += len(sentence)
        if size >= bytes_wanted:
            return "".join(parts)


@pytest.mark.timeout(1000)
def test_the_last_sentence_of_a_200_kb_text_is_found_by_meaning_and_its_chunks_tile_it(brain, server, model):
    last = "Finally the violinist confessed that she had hidden her grandmother's wedding ring inside the piano."
    text = long_text(200_000) + last
    episode = brain.remember(text)
    brain.remember("A recipe for lentil soup with carrots.")
    brain.wait_embedded(seconds=900)
    assert brain.stats() == {"total": 2, "embedded": 2, "pending": 0, "failed": 0}
    best = brain.recall("Where did the musician conceal the family jewellery?", mode="vectors", limit=1)["results"][0]
    assert best["id"] == episode["id"]
    chunk = text.encode()[best["chunk"]["begin"]:best["chunk"]["end"]].decode()
    assert last in chunk
    space = "nexus_memory.embeddings_1"
    gaps = server.psql(brain.name, f"""
        SELECT count(*) FILTER (WHERE start_byte > coalesce(before, 0)), min(start_byte), max(end_byte),
               count(*) FILTER (WHERE vector_norm(embedding) < 0.1)
          FROM (SELECT *, lag(end_byte) OVER (ORDER BY chunk_no) AS before FROM {space} WHERE item = '{episode["id"]}') c""")
    assert gaps == f"0|0|{len(text.encode())}|0"


def test_a_row_that_comes_by_plain_sql_is_embedded_published_and_recalled_by_meaning(brain, server, model):
    brain.remember("The invoice was paid on Monday.", wait="embedded")
    brain.found("warm up", mode="vectors")
    server.psql(brain.name, "INSERT INTO zep_episodic_memory(content) VALUES ('El gato duerme encima del radiador.')")
    began = time.monotonic()
    wait_until(lambda: "El gato" in brain.found("Where does the cat sleep?", mode="vectors", limit=1)[0], 300, "recall by meaning")
    print(f"found by meaning {time.monotonic() - began:.2f} s after the INSERT committed")
    assert server.psql(brain.name, "SELECT count(*), count(embedding) FROM zep_episodic_memory") == "2|2"
    assert server.psql(brain.name, "SELECT count(*) FROM nexus_memory.outbox WHERE type = 'episode.created'") == "2"


def test_an_episode_that_arrives_between_two_others_renews_the_context_behind_it(brain, server, model):
    def turn(minute, text):
        return {"content": text, "session_id": "s", "speaker": "Ana", "occurred_at": f"2025-01-01T10:{minute:02}:00Z"}

    ids = [receipt["id"] for receipt in brain.remember_all([turn(0, "Hola."), turn(2, "Sí, la compré ayer.")], wait="embedded")]
    vector = "SELECT embedding FROM nexus_memory.embeddings_1 WHERE item = '{}'"
    before = [server.psql(brain.name, vector.format(id)) for id in ids]
    brain.remember_all([turn(1, "¿Compraste la bicicleta?")], wait="embedded")
    brain.wait_embedded()
    after = [server.psql(brain.name, vector.format(id)) for id in ids]
    assert after[0] == before[0] and after[1] != before[1]
