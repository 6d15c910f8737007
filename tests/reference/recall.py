"""Makes src/recall/testdata/reference.json: what the reference implementation of the recall recipe
says of a small bilingual brain. The brain is made from a seed, the same on every machine.

usage: recall.py FOLDER_OF_REFERENCE_PY > src/recall/testdata/reference.json
needs: numpy, PyStemmer 2.2 (the Snowball release that libstemmer has)
"""

import datetime
import itertools
import json
import random
import sys
import types
import uuid

import numpy as np

sys.path.insert(0, sys.argv[1])
import reference  # noqa: E402

DIMENSION = 8
MONTHS = """January February March April May June July August September October November
December""".split()
PEOPLE = ["Marta", "Julián", "Grace", "Tom", "Íñigo"]
ENGLISH = [
    "I finally {did} the {thing} {where}, and {who} helped me.",
    "Did you hear that {who} {did} a {thing} {where}?",
    "Nothing beats a {thing} {where}. The {thing2} was boring; the {thing} was not.",
    "{who} says the {thing} and the {thing2} cost {n} euros together!",
    "Yes. It was {where}, {n} days ago, with {who}.",
    "We are planning to buy another {thing} for the running club.",
    "Ok.",
]
SPANISH = [
    "Por fin {did} el {thing} {where}, ¡y {who} me ayudó!",
    "¿Sabías que {who} {did} un {thing} {where} hace {n} años?",
    "Mañana llevaré el {thing} al médico; la canción del niño sonaba {where}.",
    "{who} opina que el {thing} y el {thing2} costaron {n} euros.",
    "Sí, fue {where}, con {who}; el {thing} estaba roto y el {thing2} también.",
    "Vale.",
]
WORDS = {
    "en": {
        "did": "painted repaired sold lost baked borrowed".split(),
        "thing": "guitar bicycle telescope violin marathon recipe garden server kayak lantern".split(),
        "where": ["in Valencia", "near the lake", "at the old station", "on the roof", "in Kyoto"],
    },
    "es": {
        "did": "pinté arreglé vendí perdí horneé encontré".split(),
        "thing": "violín pingüino telescopio jardín servidor camión reloj corazón cuaderno".split(),
        "where": ["en València", "junto al río", "en la estación", "en el desván", "en Córdoba"],
    },
}
QUESTIONS = [
    "Who repaired the guitar near the lake?",
    "When did Grace sell the telescope?",
    "What did Tom bake in Kyoto, and what did Tom lose in Kyoto?",
    "How much did the kayak and the lantern cost?",
    "Which recipe was Marta talking about?",
    "guitars guitar guitar violin",
    "Where is the zeppelin?",
    "zeppelin xylophone",
    "Where did who do what?",
    "the running club",
    "Julián telescopio violín",
    "What happened in May 2023?",
    "¿Quién arregló el violín junto al río?",
    "¿Cuándo vendió Grace el telescopio?",
    "¿Dónde perdió Íñigo el reloj?",
    "¿Cuánto costaron el camión y el cuaderno?",
    "el niño y la canción del médico",
    "¿Qué dijo Marta sobre el pingüino en Córdoba?",
    "¿Quién es?",
    "servidor server jardín garden",
    "dirigible",
    "corazón roto",
    "estacion",
    "!?",
]


def sentence(rng, language):
    words = WORDS[language]
    form = rng.choice(ENGLISH if language == "en" else SPANISH)
    return form.format(
        did=rng.choice(words["did"]), thing=rng.choice(words["thing"]),
        thing2=rng.choice(words["thing"]), where=rng.choice(words["where"]),
        who=rng.choice(PEOPLE), n=rng.randint(2, 40),
    )  # fmt: skip


def spoken_date(time):
    half = "am" if time.hour < 12 else "pm"
    clock = f"{time.hour % 12 or 12}:{time.minute:02} {half}"
    return f"{clock} on {time.day} {MONTHS[time.month - 1]}, {time.year}"


def new_id(rng):
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def conversation(rng, session):
    language = rng.choice(["en", "es"])
    speakers = rng.sample(PEOPLE, 2)
    time = datetime.datetime(2023, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), 30)
    turns = []
    for turn in range(rng.randint(1, 12)):
        time += datetime.timedelta(minutes=rng.choice([0, 0, 1, 7, 45]))
        text = " ".join(sentence(rng, language) for _ in range(rng.randint(1, 4)))
        turns.append(document(new_id(rng), session, speakers[turn % 2], time, text))
    return sorted(turns, key=lambda d: (d.time, d.id))


def note(rng):
    text = " ".join(sentence(rng, rng.choice(["en", "es"])) for _ in range(rng.randint(1, 3)))
    time = datetime.datetime(2022, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), 5)
    return document(new_id(rng), "", rng.choice(["", "Marta"]), time, text)


def document(number, session, speaker, time, text):
    return types.SimpleNamespace(
        id=number, session=session, speaker=speaker, time=time, date=spoken_date(time), text=text)


def near_one(rng):
    """A unit vector around a common direction, as those of embedding models are."""
    vector = np.array([rng.gauss(0, 1) for _ in range(DIMENSION)]) + 3
    return np.round(vector / np.linalg.norm(vector), 5)


def ranked(documents, scores, keep):
    order = [i for i in range(len(documents)) if keep[i]]
    order.sort(key=lambda i: (-round(scores[i], 9), documents[i].id))
    return [[i, round(float(scores[i]), 7)] for i in order]


def answer(rng, documents, lexical, vectors, text):
    words = lexical.scores(text)
    has_vector = np.array([v is not None for v in vectors])
    # Beside sessions, a memory alone counts as a session of one (ARCHITECTURE.md).
    sessions = [d.session or str(d.id) for d in documents]
    question = near_one(rng)
    meaning = np.array([0.0 if v is None else question @ v for v in vectors])
    filled = np.where(has_vector, meaning, meaning[has_vector].mean())
    fused = reference.fuse(words, filled, filled, sessions)
    degraded = reference.fuse(words, 0 * words, 0 * words, sessions)
    return {
        "text": text,
        "vector": question.tolist(),
        "words": ranked(documents, words, words > 0),
        "vectors": ranked(documents, meaning, has_vector),
        "hybrid": ranked(documents, fused, has_vector | (words > 0)),
        "hybrid_without_vector": ranked(documents, degraded, words > 0),
    }


def main():
    rng = random.Random(20230508)
    talks = [conversation(rng, f"talk-{i}") for i in range(14)]
    documents = list(itertools.chain(*talks)) + [note(rng) for _ in range(30)]
    vectors = [near_one(rng) for _ in documents]
    contexts = [near_one(rng) for _ in documents]
    vectors = [np.round((v + c) / 2, 5) for v, c in zip(vectors, contexts)]
    vectors = [None if rng.random() < 0.15 else v for v in vectors]
    # The reference takes neighbours by label alone; a memory without a session has none.
    alone = itertools.count()
    lexical = reference.Lexical([
        types.SimpleNamespace(**{**vars(d), "session": d.session or next(alone)})
        for d in documents
    ])
    dump(documents, vectors, [answer(rng, documents, lexical, vectors, q) for q in QUESTIONS])


def dump(documents, vectors, answers):
    described = [
        {"id": str(d.id), "session": d.session, "speaker": d.speaker, "content": d.text,
         "occurred_at": d.time.isoformat() + "Z", "vector": None if v is None else v.tolist()}
        for d, v in zip(documents, vectors)
    ]  # fmt: skip
    lines = {"documents": described, "questions": answers}
    print("{")
    for name, rows in lines.items():
        body = ",\n".join(json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows)
        print(f'"{name}": [\n{body}\n]' + ("," if name == "documents" else ""))
    print("}")


if __name__ == "__main__":
    main()
