"""Records as bad exports have them, from a seed: the same seed always makes the same records."""

from __future__ import annotations

import random
import unicodedata
from typing import Any

ODD = [
    *"åÅäÄöÖüÜßøØæÆéÉèñçÇİıΣςſKÅﬁ≮≯½²①Ａａ１٣ẞ𝐀🎉ﬃǅ", "\u00a0", "\u2003", "\u200b", "\ufeff", "\u0301", "\u0308",
    "\u030a", "\x00", "\x1f", "\x85", "\t", "\n", "\r", "\x0b",
]  # fmt: skip
PRINTABLE = [chr(code) for code in range(32, 127)]
FIRST = ["Anna", "José", "Zoë", "Åse", "Jean-Luc", "O'Neil", "İpek", "ΣΟΦΟΣ", "François", "Mary Ann", "Łukasz", "Bob"]
CITIES = ["São Paulo", "New York", "Köln", "Åre", "12e arrondissement", "St. Louis", "  Paris "]
STATES = [
    "WA", "ny", "California", "West Virginia", "Arkansas", "Baden-Württemberg", "Ontario", "New York", "Kansas City",
    "Île-de-France", "Reggio Emilia", "N/A", "Washington D.C.",
]  # fmt: skip
STREETS = [
    "12 North Main Street", "Calle de Alcalá, 5 núm. 3", "P.zza San Marco 1", "c/ Mayor nº 4", "Hauptstr. 7",
    "1600 Pennsylvania Ave NW", "5 av. de l'Opéra", "4 Privet Drive, Apt #12", "Straße des 17. Juni 135",
    "10 Downing Street", "100 NO NAME ROAD", "Blvd  des  Capucines [2/3]",
]  # fmt: skip
POSTAL = ["98101", "98101-1234", "SW1A 1AA", "K1A 0B1", " 10115 ", "-", "1234 AB"]
COUNTRIES = [
    "US", "us", "United States", "GB", "Germany", "uk", "Österreich", "", "  ", "USA", "it", "ES", "France", "jp",
    "SG",
]  # fmt: skip
TIERS = ["gold", "silver", "bronze", "bronze", "Gold", ""]


def record(random: random.Random) -> dict[str, Any]:
    """One record: column → text or None."""
    made: dict[str, Any] = {
        "customer_id": random.choice(["{}", "{}", " {}", "C-{} "]).format(random.randrange(10**7)),
        "email": email(random),
        "phone": phone(random),
        "phone_abroad": phone(random),
        "phone_country": random.choice(COUNTRIES),
        "first_name": random.choice(FIRST),
        "last_name": random.choice(FIRST)[::-1],
        "address": random.choice(STREETS),
        "city": random.choice(CITIES),
        "state": random.choice(STATES),
        "zip": random.choice(POSTAL),
        "country": random.choice(COUNTRIES),
        "tier": random.choice(TIERS),
        "signup_date": date(random),
        "ltv": number(random),
        "visits": str(random.randrange(-5, 10**4)),
        "score": repr(random.uniform(-1e6, 1e6)),
        "consent": random.choice(["true", "F", "Yes", "0", "1", "no"]),
        "note": random.choice(["", " as it is ", "é", "x"]),
    }
    for column in made:
        chance = random.random()
        if chance < 0.004:
            made[column] = garbage(random)
        elif chance < 0.008 and made[column]:
            made[column] = damaged(random, made[column])
        elif chance < 0.010:
            made[column] = None
        elif chance < 0.012:
            made[column] = random.choice(["", " ", "\t", "N/A", "null", "0", "-"])
    if random.random() < 0.002:
        column = random.choice(["email", "phone", "first_name", "last_name"])
        made[column] = random.choice(["{:064x}", "{:064X}", " {:064x} "]).format(random.getrandbits(256))
    return made


def email(random: random.Random) -> str:
    user = random.choice(["jane.doe", "Jo+tag", "o'neil", "É.x_y", "a-b", "USER"]) + str(random.randrange(10**6))
    host = random.choice(["example.com", "Example.COM", "mail.example.org"])
    form = random.choice(
        ["{}@{}"] * 6 + ["  {}@{}\t", "Name <{}@{}>", "<{}@{}>, <second@x.org>", ">{}@{}<", "{} (AT) {}"]
        + ["{}( at ){}", "{}.{}", "{}@ {}", "≮{}@{}≯", "{}@@{}"]
    )  # fmt: skip
    return form.format(user, host)


def phone(random: random.Random) -> str:
    area = random.choice(["206", "212", "416", "787", "809", "800", "900", "123", "011"])
    rest = f"{random.randrange(10**7):07d}"
    form = random.choice(
        ["({a}) {b}-{c}", "{a}-{b}-{c}", "{a}.{b}.{c}", "+1 {a} {b} {c}", "1{a}{b}{c}", "{a}{b}{c}"] * 3
        + ["+44 20 {b} {c}", "020 {b}{c}", "0049 30 {c}{b}", "01144 20{b}{c}", "11{a}{b}{c}", "1310{c}", "310{c}"]
        + ["{b}{c}", "{c}", "tel:{a}/{b}-{c} ext. 5", "00000000", "{a}{b}{c}{a}{b}", "٢٠٦ {b} {c}"]
    )
    return form.format(a=area, b=rest[:3], c=rest[3:])


IMPOSSIBLE_DATES = [
    "02/30/2024", "13/01/2024", "00/10/2024", "02/29/1900", "01/01/0000", "01/01/0001", "1/ 2/2024", "01/02/+024",
]  # fmt: skip
ODD_NUMBERS = ["1.005", "1,000.00", "99999999999", "1e3", "NaN", ".5", "5.", "-0.00", "--1", "."]


def date(random: random.Random) -> str:
    if random.random() < 0.005:
        return random.choice(IMPOSSIBLE_DATES)
    month, day, year = random.randrange(1, 13), random.randrange(1, 29), random.randrange(1900, 2100)
    form = random.choice(["{:02d}/{:02d}/{:04d}"] * 8 + ["{}/{}/{}", " {:02d}/{:02d}/{:04d} "])
    return form.format(month, day, year)


def number(random: random.Random) -> str:
    if random.random() < 0.005:
        return random.choice(ODD_NUMBERS)
    amount = random.randrange(-(10**6), 10**8) / 100
    form = random.choice(["{:.2f}"] * 8 + ["{:.0f}", " {:.2f}", "{:.2f}000", "{:09.2f}"])
    return form.format(amount)


def garbage(random: random.Random) -> str:
    return "".join(random.choice(ODD if random.random() < 0.4 else PRINTABLE) for _ in range(random.randrange(1, 40)))


def damaged(random: random.Random, text: str) -> str:
    place = random.randrange(len(text) + 1)
    text = text[:place] + random.choice(ODD) + text[place:]
    return unicodedata.normalize("NFD", text) if random.random() < 0.3 else text
