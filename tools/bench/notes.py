"""Texts that read like an agent's notes, as many as wanted, the same for the same seed."""

import random

WHO = ["Ana", "Marta", "the customer", "the build server", "Luis", "the planner", "our accountant", "the night shift"]
DID = ["asked for", "moved", "cancelled", "measured", "found a fault in", "signed off", "postponed", "wrote down"]
WHAT = ["the delivery of valves", "the second invoice", "a window of maintenance", "the roof garden", "the Lisbon trip",
        "la reunión del martes", "el contrato de la oficina", "the index of the archive", "three sensors in hall B",
        "el informe de ventas", "the recipe with chestnuts", "a certificate that ends soon"]
WHY = ["because the date did not fit", "after a long call", "since nobody had answered", "porque faltaba una firma",
       "as agreed in spring", "before the audit begins", "although it rained", "para no perder el descuento"]


def notes(count, seed=1, sentences=2):
    """`count` texts of about 85 characters a sentence; a number makes each its own."""
    dice = random.Random(seed)
    return [" ".join(f"{dice.choice(WHO)} {dice.choice(DID)} {dice.choice(WHAT)} number {dice.randrange(10**6)} "
                     f"{dice.choice(WHY)}." for _ in range(sentences)) for _ in range(count)]


def questions(texts, count, seed=2):
    """Beginnings of some of the texts."""
    dice = random.Random(seed)
    return [" ".join(dice.choice(texts).split()[:10]) for _ in range(count)]
