"""10,000 texts that try a tokenizer, made from a seed: the same data give the same texts."""

import json
import random
import unicodedata
import zipfile
from pathlib import Path

COUNT = 10_000
SEED = 20_230_508
ENGLISH = """the a my our his her their this that every no some old new small quiet bright broken dentist
appointment kitchen window garden doctor meeting train ticket password server database index
memory brother sister grandmother neighbour dog cat birthday wedding contract invoice salary
marathon recipe mountain river winter summer Monday Thursday January Valencia London Tokyo
PostgreSQL Redis was is will be had has said told asked bought sold forgot remembered moved
walked baked fixed deployed cancelled signed at in on with without before after because
although never always often yesterday tomorrow tonight unbelievably
antidisestablishmentarianism don't won't it's we've rock'n'roll state-of-the-art co-operate
naïve café résumé""".split()
SPANISH = """el la los las un una mi tu su nuestro este esa aquel cada ningún viejo nueva pequeño
tranquila roto médico cita cocina ventana jardín reunión tren billete contraseña servidor
memoria hermano hermana abuela vecino perro gata cumpleaños boda contrato factura sueldo
maratón receta montaña río invierno verano lunes jueves enero València Córdoba Ángela Íñigo
Núñez fue es será había dijo contó preguntó compró vendió olvidó recordó caminó horneó
arregló desplegó canceló firmó en con sin antes después porque aunque nunca siempre ayer
mañana pingüino vergüenza cigüeña años niño corazón ¿qué ¿cuándo? ¡vamos! ¿dónde está?
otorrinolaringólogo desoxirribonucleico""".split()
CODE = """SELECT INSERT foo_bar fooBar FooBar std::vector<int> a[i]++ == != => -> && || {} () [] ; :
https://example.org/a/b?c=d&e=%20f user@example.org C:\\\\Temp ~/.cache 0x1F600 3.14159 1e-9
-42 1,234,567.89 192.168.0.1 ::1 2023-05-08T13:56:00Z 10:30 <s> </s> <pad> <mask> <unk>
<unk><unk> ▁ ▁a ##x #tag @name $9.99 50% © ™ \\n \\t "q" 'q' `q` <b>x</b> &amp; x² H₂O ½ №5
ﬁne Ⅳ ℃ ㎏ ①""".split()
EMOJI = """😀 😂 🥹 🫶 🫠 🎉 🚀 ❤️ ❤ ☕ ✈️ 👍 👍🏽 👩‍🚀 👨‍👩‍👧‍👦 🏳️‍🌈 🇪🇸 🇯🇵 🐈‍⬛ 1️⃣ ⚠️ 🧑🏿‍💻 🪿 🫨 ♟️ ☺ ⌚ 🀄 🃏""".split()
SPACES = (
    " \t\n\r\f\v\u00a0\u1680\u2000\u2003\u2007\u2009"
    "\u200a\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff\ufffd\u2581\u0085\u180e"
)
CJK = [(0x4E00, 0x9FFF)] * 4 + [
    (0x3041, 0x3096),
    (0x30A1, 0x30FA),
    (0xAC00, 0xD7A3),
    (0x3400, 0x4DBF),
    (0x3000, 0x303F),
    (0xFF01, 0xFFEF),
    (0x20000, 0x2A6DF),
    (0xF900, 0xFAD9),
    (0x3200, 0x33FF),
]
SCRIPTS = [
    (0x370, 0x3FF),
    (0x400, 0x52F),
    (0x5D0, 0x5EA),
    (0x600, 0x6FF),
    (0x900, 0x97F),
    (0xE00, 0xE7F),
    (0x10A0, 0x10FF),
    (0x1200, 0x137F),
    (0x1780, 0x17FF),
    (0x1E00, 0x1EFF),
    (0x1F00, 0x1FFF),
    (0x13000, 0x1342F),
    (0x1D400, 0x1D7FF),
    (0xB80, 0xBFF),
    (0x530, 0x58F),
]
MARKS = [(0x300, 0x36F)] * 4 + [
    (0x483, 0x489),
    (0x591, 0x5C7),
    (0x64B, 0x65F),
    (0x93C, 0x94D),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20F0),
    (0x3099, 0x309A),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
]
CONTROL = [(0x01, 0x1F)] * 3 + [
    (0x7F, 0x9F),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFFF9, 0xFFFB),
    (0xE0001, 0xE007F),
    (0xAD, 0xAD),
    (0xFFFE, 0xFFFF),
    (0xFDD0, 0xFDEF),
]
SYMBOLS = [
    (0x20A0, 0x20C0),
    (0x2100, 0x214F),
    (0x2190, 0x23FF),
    (0x2460, 0x27BF),
    (0x2900, 0x2BFF),
    (0xA1, 0xBF),
]
ANY = [(0x01, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x10FFFF)]


FIXED = [
    "",
    " ",
    "  ",
    "a",
    " a",
    "a ",
    "a  b",
    "query: ",
    "passage: ",
    "\t",
    "\n\n",
    "\u200b",
    "\u2581",
    "\u0001",
    "<s>",
    "<unk>",
    "</s><s>",
    "e\u0301",
    "\u00e9",
    "\U0001f97a\U0001fae8\U0001fabf",
    "\ud7a4",
    "\u0085",
    "\u00a8",
    "\ufb03",
    "x" * 3000,
    "\u4e00" * 600,
    "\U00013000" * 300,
    " ".join(["de la"] * 800),
]


class Maker:
    """Each method but the last makes one text of its kind."""

    def __init__(self, generator: random.Random, found: list[str]):
        self._random, self._found = generator, found

    def spanish(self) -> str:
        text = self._sentence(SPANISH)
        return unicodedata.normalize("NFD", text) if self._random.random() < 0.15 else text

    def english(self) -> str:
        return self._sentence(ENGLISH)

    def found(self) -> str:
        if not self._found:
            return self._sentence(ENGLISH + SPANISH)
        text = self._random.choice(self._found)
        begin = self._random.randrange(max(1, len(text) // 2)) if self._random.random() < 0.5 else 0
        return text[begin : begin + self._random.randint(20, 2000)]

    def emoji(self) -> str:
        return self._joined([*EMOJI, *self._random.choices(ENGLISH + SPANISH, k=8)], "", " ")

    def cjk(self) -> str:
        return self._points(CJK, 40)

    def scripts(self) -> str:
        block = [self._random.choice(SCRIPTS)]
        return " ".join(self._points(block, 10) for _ in range(self._random.randint(1, 6)))

    def marks(self) -> str:
        letters = self._sentence(ENGLISH + SPANISH)[:80] + self._points(SCRIPTS, 3)
        return "".join(
            letter + (self._points(MARKS, 3) if self._random.random() < 0.3 else "")
            for letter in letters
        )

    def control(self) -> str:
        return self._sprinkled(self._sentence(ENGLISH + SPANISH), lambda: self._points(CONTROL, 3))

    def spaces(self) -> str:
        return self._sprinkled(
            self._sentence(ENGLISH + SPANISH),
            lambda: "".join(self._random.choices(SPACES, k=self._random.randint(1, 4))),
        )

    def code(self) -> str:
        return self._joined(CODE, "", " ")

    def symbols(self) -> str:
        return self._sprinkled(self._points(SYMBOLS, 20), lambda: " ")

    def anything(self) -> str:
        return self._points(ANY, 30)

    def mixed(self) -> str:
        kinds = self._random.choices(
            [kind for kind in KINDS if kind != "mixed"], k=self._random.randint(2, 4)
        )
        return self._random.choice(["", " ", "  "]).join(getattr(self, kind)() for kind in kinds)

    def _sentence(self, words: list[str]) -> str:
        chosen = self._random.choices(words, k=self._random.randint(1, 24))
        if self._random.random() < 0.5:
            chosen[0] = chosen[0].capitalize()
        if self._random.random() < 0.1:
            chosen = [word.upper() for word in chosen]
        if self._random.random() < 0.3:
            chosen.insert(
                self._random.randrange(len(chosen) + 1), str(self._random.randint(0, 99_999))
            )
        return " ".join(chosen) + self._random.choice(["", ".", "?", "!", "...", " ", ",\n", ";"])

    def _joined(self, words: list[str], *separators: str) -> str:
        chosen = self._random.choices(words, k=self._random.randint(1, 12))
        return "".join(word + self._random.choice(separators) for word in chosen)

    def _points(self, blocks: list[tuple[int, int]], most: int) -> str:
        chosen = self._random.choices(blocks, k=self._random.randint(1, most))
        return "".join(chr(self._random.randint(*block)) for block in chosen)

    def _sprinkled(self, text: str, make) -> str:
        return "".join(letter + (make() if self._random.random() < 0.15 else "") for letter in text)


KINDS = {
    "spanish": 14,
    "english": 14,
    "found": 16,
    "emoji": 8,
    "cjk": 8,
    "scripts": 6,
    "marks": 8,
    "control": 7,
    "spaces": 5,
    "code": 5,
    "symbols": 4,
    "anything": 5,
    "mixed": 12,
}


def texts(data: Path | None) -> list[str]:
    """`data`: the folder of the retrieval sets; without it made-up sentences stand in."""
    generator = random.Random(SEED)
    maker = Maker(generator, found_texts(data) if data else [])
    kinds = generator.choices(list(KINDS), list(KINDS.values()), k=COUNT - len(FIXED))
    return FIXED + [getattr(maker, kind)() for kind in kinds]


def found_texts(data: Path) -> list[str]:
    """Paragraphs and turns of the sets that are there."""
    found = []
    for name in ("xquad-r_es.json", "xquad-r_en.json", "locomo3-dev.json"):
        if (data / name).is_file():
            collect(json.loads((data / name).read_text(encoding="utf-8")), found)
    if (data / "scifact.zip").is_file():
        with zipfile.ZipFile(data / "scifact.zip") as entries:
            found += entries.read("corpus_train.csv").decode().splitlines()
    return [text for text in found if len(text) > 20]


def collect(node, found: list[str]) -> None:
    if isinstance(node, str):
        found.append(node.replace("\0", ""))
    elif isinstance(node, (dict, list)):
        for child in node.values() if isinstance(node, dict) else node:
            collect(child, found)
