#!/usr/bin/env python3
"""Writes src/text/testdata/terms.jsonl: what the reference of the recall recipe makes of each text.

usage: terms.py FOLDER > src/text/testdata/terms.jsonl

FOLDER holds reference.py, which needs numpy and PyStemmer 2.2.0.3 (the Snowball that Debian's
libstemmer 2.2.0 is too). Besides the texts below come their capitals, their decomposed forms (NFD)
and pairs of them.
"""
import itertools
import json
import sys
import unicodedata

TEXTS = """
When did Caroline go to the LGBTQ support group?
I went to a support group yesterday and it was so powerful.
What kind of cakes does my sister bake on Sundays?
She has been painting landscapes for seven years now.
How many times have we moved since 2019?
Where is it?
Who are they and what do they want?
The quick brown foxes were jumping over the lazy dogs, running happily.
Researching adoption agencies has been a dream of mine: generously, nationally, relational.
We're friends, aren't we? They've said "don't worry"; I'd have gone.
University universities universal generalization generalize generals skies dying lying.
Please remember that the server's port is 8443 and TLS_1_3 is required.
My e-mail is ana_perez+notes@example.org, call +34 600 123 456.
snake_case __init__ _ __ a_b x9 9x 42 7 3.14 1e10
The meeting moved from 3pm to 4:30pm on 8 May, 2023.
(1:56 pm on 8 May, 2023) Caroline said, "Hey Mel! Good to see you!"
no on at by of
to be or not to be
Prefer tabs over spaces. Never deploy on Fridays!
C++23 and Rust's borrow checker; .NET, Node.js, k8s, I/O
the the the and and
Is this the file that was lost in the fire?
naïve café résumé coöperate Zoë's façade
Best regards, Team
I love Spanish food: paella, jamón and tortilla.
a
I
Ok
¿Cuándo fue la última vez que hablamos con el médico?
¿Qué tipo de música le gusta a mi hermana Lucía?
Ayer fuimos a la montaña y nevó muchísimo; los niños estaban contentísimos.
La reunión con el equipo de ventas es el próximo jueves a las 10:30.
¿Cómo se llama el perro de Íñigo?
¿Quiénes son ellos y qué quieren?
¿Qué es?
¿Por qué no?
Me gusta más el café solo que con leche, pero sin azúcar.
El año pasado aprendí a programar en C++ y en Python.
No recuerdo dónde dejé las llaves del coche.
Mi contraseña no se guarda nunca en los registros.
Las canciones, la canción, cantábamos, cantaron, cantar, cantando, cantándoselo.
Comíamos rápidamente; vivíamos tranquilamente; habíamos traído naranjas.
Los pingüinos y las cigüeñas viven lejos; la lingüística también.
Su número de teléfono es el 912 345 678.
Prefiere que le escriban en español y por la mañana.
ÁRBOL ÉXITO ÍNDICE ÓPERA ÚTIL ÑANDÚ PINGÜINO
de la que el en y a los
El servidor se reinició porque se quedó sin memoria.
Hola
Buenos días, ¿qué tal?
Vivo en Madrid desde 2015 con mis dos gatos.
Quiero aprender alemán e italiano este otoño.
mañana mañanas manana
El proyecto "Nexus" usa PostgreSQL; la memoria no se pierde jamás.
Recordar: pagar el alquiler (650 €) antes del día 5.
Mi jefe said that el deadline is mañana.
The word mañana means tomorrow, and ¿qué? means what?
Nos vemos at the office on Monday para la demo.
Please reply en español
I told her: ¡feliz cumpleaños!
Weekend en la playa with the kids and la abuela
no no no sí sí yes
Straße GROẞE STRASSE ÄRGER Öl über Füße
İstanbul Iğdır IŞIK ılık İZMİR DİYARBAKIR
ΟΔΥΣΣΕΥΣ ΣΑΣ Σ ΑΣ. ΌΧΙ λόγος ΛΌΓΟΣ ΑΣ_ ΣΣ ΑΣ’Α ΑΣ'
ПРИВЕТ мир Москва йод ёлка
مرحبا بالعالم ١٢٣ שלום עולם
日本語のテキスト 東京 2020年 カタカナ 한국어 문장
नमस्ते दुनिया हिन्दी क्षेत्र ภาษาไทย สวัสดี
Ǆungla ǅungla ǆungla ŒUVRE ÆON ĳs ﬁnance ﬂow ﬀ
½ cup, x² + y³ = z⁴, Ⅳ Ⅻ ① ⑳ 五 〇 ٣ ੩ ௰ 𝟘𝟙
𝒜𝓁𝓅𝒽𝒶 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 Ａｌｐｈａ ＡＢＣ１２３ 𐐀𐐁 𐐨
I am so happy 😀😀 today 👩‍👩‍👧‍👦 with 👍🏽 🇪🇸 family❤️fun
¡Qué alegría 🎉! Nos vemos mañana ☀️
cafe\u0301 man\u0303ana pingu\u0308ino a\u0301 e\u0301l n\u0303
\u0301inicio final\u0301 e\u0301\u0302\u0303x x\u0308\u0301y
zero\u200bwidth soft\u00adhyphen no\u00a0break thin\u2009space word\u2060joiner bom\ufeffbom
tab\there new\\nline form\x0cfeed bell\x07bell nul del\x7fdel next\x85line
under\u203ftie bis\u2040tie ﹏wavy＿full a·b l·l col·lecció geni·al
don’t can’t won't l’été aujourd'hui o'clock O’Neill rock’n’roll
“smart quotes” ‘single’ «comillas» „deutsch“ 「日本」
em—dash en–dash hyphen-ated minus−sign slash/es back\\slash pipe|pipe
$100 €50 £20 ¥3000 ₿1 %50 #hashtag @mention &amp; <b>bold</b> {json: true} [1, 2]
https://example.org/path/to?query=válido&x=1#frag
ABC abc AbC aBc ÀÉÎÕÜ àéîõü Ñandú ñANDÚ
Łódź Kraków Žižek Dvořák Đorđe Æsir Þór ðe øre Ångström K
ø ß đ ł ı ſ ſſ ſhe K
ǰ ẖ ΐ ΰ ŉ և ﬓ ᾳ ᾼ ᾲ ῼ
ᏸ Ꭰ ꭰ Ა ა ⴀ Ⴀ Ⅰ ⅰ Ⓐ ⓐ
"""

PAIRS = 120


def texts():
    written = TEXTS.strip("\n").split("\n")
    half_of_second = [b[len(b) // 2 :] for b in written[7:] + written[:7]]
    pairs = [f"{a} {b}" for a, b in zip(written, half_of_second)]
    forms = itertools.chain(
        ["", " ", "\n\n", "¿?", "á", "áé", "_", "__", "é" * 3, "x" * 300, "ñ" * 50, "1" * 40],
        written,
        (text.upper() for text in written),
        (unicodedata.normalize("NFD", text) for text in written),
        pairs[:PAIRS],
    )
    return dict.fromkeys(forms)


def main():
    sys.path.insert(0, sys.argv[1])
    import reference

    names = {"en": "english", "es": "spanish"}
    for text in texts():
        line = {
            "text": text,
            "language": names[reference.language(text)],
            "document": reference.document_terms(text),
            "question": reference.question_terms(text),
        }
        print(json.dumps(line, ensure_ascii=True))


if __name__ == "__main__":
    main()
