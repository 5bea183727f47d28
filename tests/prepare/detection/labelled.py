"""A labelled set for the detectors, made from a seed: texts that hold an identity of one kind, and near misses.

Every identity is made by a rule of its own here, not by the detectors': check digits are computed, phone numbers come
from the library's examples with other digits, and all stand in the contexts in which people and systems write them.
"""

from __future__ import annotations

import ipaddress
import random
import uuid
from collections.abc import Callable, Iterator
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import luhn
from stdnum.es.dni import calc_check_digit as spanish_letter
from stdnum.fr.nir import calc_check_digits as french_digits
from stdnum.iso7064 import mod_97_10
from stdnum.it.codicefiscale import calc_check_digit as italian_letter

Make = Callable[[random.Random], str]

WORDS = [
    "call",
    "back",
    "order",
    "shipped",
    "later",
    "customer",
    "says",
    "parcel",
    "to",
    "new",
    "ticket",
    "about",
    "refund",
    "via",
    "store",
    "note",
    "damaged",
    "again",
    "twice",
    "blue",
    "size",
    "invoice",
    "renewal",
    "friday",
]
FRAMES = (
    "{}",
    "{}",
    "{}",
    " {} ",
    "{}.",
    "({})",
    "note: {}",
    "{}; {w}",
    "{w} {w} {}",
    "{w} {} {w}",
    "{w}: {}, {w} {w}",
    '"{}"',
    "<{}>",
    "[{}]",
    "{w}\n{}\n{w}",
    "{w}={}",
)


def framed(chance: random.Random, core: str) -> str:
    """The core as it may stand in a text."""
    text = chance.choice(FRAMES).replace("{}", "\0")
    while "{w}" in text:
        text = text.replace("{w}", chance.choice(WORDS), 1)
    return text.replace("\0", core)


def digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(count))


def letters(chance: random.Random, count: int, of: str = "abcdefghijklmnopqrstuvwxyz") -> str:
    return "".join(chance.choice(of) for _ in range(count))


def email(chance: random.Random) -> str:
    local = chance.choice(
        [
            letters(chance, 5),
            f"{letters(chance, 4)}.{letters(chance, 6)}",
            f"{letters(chance, 4)}+{letters(chance, 3)}",
            f"{letters(chance, 3)}_{digits(chance, 2)}",
            "o'" + letters(chance, 5),
            "jörg." + letters(chance, 4),
            letters(chance, 1),
            letters(chance, 6).upper(),
        ]
    )
    host = chance.choice(
        [
            "gmail.com",
            "example.co.uk",
            "mail.example.org",
            "xn--mller-kva.de",
            "straße.de",
            "uni-x.edu",
            "GMX.NET",
            "firma.museum",
            "x.io",
            "shop24.fr",
        ]
    )
    address = f"{local}@{host}"
    return chance.choice(
        [address] * 6
        + [
            f"mailto:{address}",
            f"https://x.test/?u={address.replace('@', '%40')}",
            f"https://x.test/u/{address}/edit",
        ]
    )


@cache
def _examples() -> tuple[phonenumbers.PhoneNumber, ...]:
    kinds = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
    regions = ("US", "CA", "GB", "DE", "FR", "IT", "ES", "IN", "JP", "AU", "BR", "MX", "NL", "SE", "CH", "PL", "ZA")
    found = (phonenumbers.example_number_for_type(region, kind) for region in regions for kind in kinds)
    return tuple(number for number in found if number is not None)


def _number(chance: random.Random, of: Callable[[phonenumbers.PhoneNumber], bool]) -> phonenumbers.PhoneNumber:
    while True:
        example = chance.choice(_examples())
        text = phonenumbers.national_significant_number(example)
        text = text[:-4] + digits(chance, 4)
        number = phonenumbers.PhoneNumber(
            country_code=example.country_code,
            national_number=int(text),
            italian_leading_zero=text.startswith("0") or None,
        )
        if phonenumbers.is_valid_number(number) and of(number):
            return number


def phone(chance: random.Random) -> str:
    if chance.random() < 0.35:  # as written in the United States and in Germany, which the column's situation names
        number = _number(chance, lambda each: phonenumbers.region_code_for_number(each) in ("US", "DE"))
        text = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        if number.country_code == 1:
            text = chance.choice(
                [text, text.replace("(", "").replace(") ", "-"), text.replace("-", "."), f"1-{text[1:4]}-{text[6:]}"]
            )
        return text
    number = _number(chance, lambda each: True)
    text = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return chance.choice(
        [
            text,
            text.replace(" ", "-"),
            phonenumbers.format_number(number, PhoneNumberFormat.E164),
            "00" + text[1:],
            text.replace(" ", " (0) ", 1) if number.country_code in (44, 49) else text,
            "tel:" + text.replace(" ", "-"),
        ]
    )


def card(chance: random.Random) -> str:
    start, length = chance.choice(
        [
            ("4", 16),
            ("51", 16),
            ("55", 16),
            ("2221", 16),
            ("2720", 16),
            ("34", 15),
            ("37", 15),
            ("6011", 16),
            ("65", 16),
            ("3528", 16),
            ("36", 14),
        ]
    )
    body = start + digits(chance, length - len(start) - 1)
    number = body + luhn.calc_check_digit(body)
    groups = (4, 4, 4, 4) if length == 16 else (4, 6, length - 10)
    mark, at, parts = chance.choice(["", " ", "-"]), 0, []
    for size in groups:
        parts.append(number[at : at + size])
        at += size
    return mark.join(parts)


def iban(chance: random.Random) -> str:
    country, bban = chance.choice(
        [
            ("DE", digits(chance, 18)),
            ("NL", letters(chance, 4, "ABNIGRO") + digits(chance, 10)),
            ("GB", "NWBK" + digits(chance, 14)),
            ("AT", digits(chance, 16)),
            ("PL", digits(chance, 24)),
            ("CH", digits(chance, 17)),
            ("SE", digits(chance, 20)),
        ]
    )
    number = ""
    for check in range(2, 99):
        number = f"{country}{check:02d}{bban}"
        if mod_97_10.is_valid(number[4:] + number[:4]):
            break
    return number if chance.random() < 0.5 else " ".join(number[at : at + 4] for at in range(0, len(number), 4))


def ssn(chance: random.Random) -> str:
    area = chance.choice([number for number in range(1, 900) if number != 666])
    return f"{area:03d}-{chance.randint(1, 99):02d}-{chance.randint(1, 9999):04d}"


def _born(chance: random.Random) -> tuple[int, int, int]:
    return chance.randint(1940, 1999), chance.randint(1, 12), chance.randint(1, 28)


def _cpf(chance: random.Random) -> str:
    body = digits(chance, 9)
    for count in (10, 11):
        total = sum(int(each) * weight for each, weight in zip(body, range(count, 1, -1), strict=True))
        body += str((11 - total % 11) % 11 % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def _ahv(chance: random.Random) -> str:
    body = "756" + digits(chance, 9)
    total = sum(int(each) * (3 if at % 2 else 1) for at, each in enumerate(body))
    body += str(-total % 10)
    return f"{body[:3]}.{body[3:7]}.{body[7:11]}.{body[11:]}"


def national_id(chance: random.Random) -> str:
    year, month, day = _born(chance)
    which = chance.randrange(9)
    if which == 0:
        body = digits(chance, 8)
        return body + chance.choice(["", "-"]) + spanish_letter(body)
    if which == 1:
        head = chance.choice("XYZ")
        body = digits(chance, 7)
        return head + body + spanish_letter(str("XYZ".index(head)) + body)
    if which == 2:
        body = f"{letters(chance, 6, 'BCDFGLMNPRST')}{year % 100:02d}{'ABCDEHLMPRST'[month - 1]}{day:02d}H501"
        return body + italian_letter(body)
    if which == 3:
        body = f"{chance.choice('12')}{year % 100:02d}{month:02d}{chance.randint(1, 19):02d}{digits(chance, 6)}"
        whole = body + french_digits(body)
        spaced = f"{whole[0]} {whole[1:3]} {whole[3:5]} {whole[5:7]} {whole[7:10]} {whole[10:13]} {whole[13:]}"
        return chance.choice([whole, spaced])
    if which == 4:
        body = f"{year % 100:02d}{month:02d}{day:02d}{digits(chance, 3)}"
        return f"{body[:6]}-{body[6:]}{luhn.calc_check_digit(body)}"
    if which == 5:
        serial = chance.randint(2, 899)
        body = f"{day:02d}{month:02d}{year % 100:02d}{serial:03d}"
        return f"{body[:6]}-{body[6:]}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(body) % 31]}"
    if which == 6:
        return _cpf(chance)
    if which == 7:
        return _ahv(chance)
    serial = chance.randint(1, 997)
    check = 97 - int(f"{year % 100:02d}{month:02d}{day:02d}{serial:03d}") % 97
    return f"{year % 100:02d}.{month:02d}.{day:02d}-{serial:03d}.{check:02d}"


def ip_address(chance: random.Random) -> str:
    while True:
        if chance.random() < 0.7:
            address: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(chance.getrandbits(32))
        else:
            address = ipaddress.IPv6Address((0x2A00 << 112) | chance.getrandbits(100))
        if address.is_global and not address.is_multicast:
            return str(address) if chance.random() < 0.9 or address.version == 6 else f"{address}:443"


def device_id(chance: random.Random) -> str:
    which = chance.randrange(4)
    if which == 0:
        pairs = [f"{chance.randrange(256):02x}" for _ in range(6)]
        text = chance.choice(":-").join(pairs)
        return chance.choice([text, text.upper()])
    if which == 1:
        body = digits(chance, 14)
        whole = body + luhn.calc_check_digit(body)
        return chance.choice(
            [f"{whole[:2]}-{whole[2:8]}-{whole[8:14]}-{whole[14]}", f"IMEI: {whole}", f"imei {whole}"]
        )
    label = chance.choice(["idfa=", "IDFA: ", "gaid:", '"aaid": "', "advertising_id=", "maid ", "Android ID: "])
    value = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return label + chance.choice([value, value.upper()])


def date_of_birth(chance: random.Random) -> str:
    year, month, day = _born(chance)
    label = chance.choice(
        [
            "born ",
            "Born on ",
            "DOB: ",
            "dob=",
            "D.O.B. ",
            "date of birth: ",
            "geboren am ",
            "geb. ",
            "né le ",
            "née le ",
            "nato il ",
            "nacida el ",
            "Birthday: ",
            "birth_date=",
        ]
    )
    name = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ][month - 1]
    return label + chance.choice(
        [
            f"{year}-{month:02d}-{day:02d}",
            f"{day:02d}.{month:02d}.{year}",
            f"{month}/{day}/{year}",
            f"{day} {name} {year}",
            f"{name} {day}, {year}",
            f"{day}/{month}/{year % 100:02d}",
        ]
    )


KINDS: dict[str, Make] = {
    "email": email,
    "phone": phone,
    "card": card,
    "iban": iban,
    "ssn": ssn,
    "national_id": national_id,
    "ip_address": ip_address,
    "device_id": device_id,
    "date_of_birth": date_of_birth,
}


def near_miss(chance: random.Random) -> str:
    """Something that looks like an identity and is none."""

    def d(count: int) -> str:
        return digits(chance, count)

    year, month, day = chance.randint(1990, 2026), chance.randint(1, 12), chance.randint(1, 28)
    isbn = f"978-{chance.randint(0, 9)}-{d(3)}-{d(5)}-{d(1)}"
    return chance.choice(
        [
            f"v{chance.randint(0, 20)}.{chance.randint(0, 30)}.{chance.randint(0, 99)}",
            f"{chance.randint(1, 20)}.{chance.randint(0, 20)}.{chance.randint(0, 30)}.{chance.randint(0, 255)}",
            f"Chrome/{chance.randint(60, 140)}.0.{d(4)}.{d(3)}",
            f"version {chance.randint(32, 255)}.{chance.randint(32, 255)}.{chance.randint(0, 9)}.{d(1)}",
            f"192.168.{chance.randint(0, 255)}.{chance.randint(0, 255)}",
            f"10.{chance.randint(0, 255)}.{chance.randint(0, 255)}.{chance.randint(0, 255)}",
            "127.0.0.1",
            "255.255.255.0",
            "::1",
            "fe80::1",
            "12:34:56",
            f"{chance.randint(10, 23)}:{d(2)}",
            f"ORD-{d(6)}",
            f"order {d(10)}",
            f"#{d(8)}",
            f"INV-{year}-{d(6)}",
            f"{d(3)}-{d(7)}-{d(7)}",
            f"SKU {d(4)}-{d(4)}",
            f"0{d(12)}",
            f"{d(6)}",
            f"{d(20)}",
            f"1Z{letters(chance, 6).upper()}{d(10)}",
            isbn,
            f"ISBN {isbn}",
            f"978{d(10)}",
            f"ISSN {d(4)}-{d(4)}",
            f"10.{d(4)}/{letters(chance, 5)}.{year}.{d(3)}",
            f"{year}-{month:02d}-{day:02d}",
            f"{day:02d}/{month:02d}/{year}",
            f"{day:02d}.{month:02d}.{year}",
            f"{year}{month:02d}{day:02d}",
            f"{year}-{month:02d}-{day:02d}T{chance.randint(10, 23)}:{chance.randint(10, 59)}:07Z",
            f"{year}-{month:02d}-{day:02d} {chance.randint(10, 23)}:{chance.randint(10, 59)}:12.123456",
            f"17{d(8)}",
            f"17{d(11)}",
            f"{year}-{year + 1}",
            f"@{letters(chance, 8)}",
            f"@{letters(chance, 5)}_{d(2)}",
            f"@{letters(chance, 5)}@mastodon.social",
            f"{letters(chance, 5)}@{letters(chance, 5)}",
            "lodash@4.17.21",
            f"react@{d(2)}.{d(1)}.0",
            "logo@2x.png",
            "git@github.com:acme/shop.git",
            "https://user@host.example/path",
            "postgres://app:pw@db.example.com:5432/x",
            f"{chance.uniform(-90, 90):.6f}, {chance.uniform(-180, 180):.6f}",
            f"+{chance.uniform(1, 90):.8f}",
            f"{chance.uniform(0, 9999):.2f}",
            f"{chance.uniform(0, 1):.12f}",
            f"1,{d(3)},{d(3)}.00",
            f"-{d(5)}.{d(4)}",
            f"+{d(2)} %",
            f"+{d(1)}.{d(2)} EUR",
            f"{d(2)} x {d(3)} x {d(3)} mm",
            f"{d(3)} + {d(3)} = {d(4)}",
            str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            f"{chance.getrandbits(256):064x}",
            f"{chance.getrandbits(128):032x}",
            f"{chance.getrandbits(64):016x}",
            f"urn:uuid:{uuid.UUID(int=chance.getrandbits(128))}",
            f"{letters(chance, 2).upper()}{d(2)} {letters(chance, 3).upper()}",
            f"{letters(chance, 3).upper()}-{d(4)}",
            f"000-{d(2)}-{d(4)}",
            f"9{d(2)}-{d(2)}-0000",
            f"{d(5)}-{d(4)}",
            f"{d(2)}-{d(7)}",
            f"{d(3)}-{d(3)}",
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            f"#{letters(chance, 6, '0123456789abcdef')}",
            f"{letters(chance, 4)} born in {year}",
            f"birthday cake {d(4)}",
            f"due {day:02d}.{month:02d}.{year}",
            f"{letters(chance, 6)} {letters(chance, 3)} {d(2)}",
            f"room {d(3)}, floor {d(1)}",
            f"{d(1)}/{d(1)} done",
            f"4x{d(4)}",
            f"p. {d(3)}-{d(3)}",
            f"§ {d(3)}",
            f"{d(2)}:{d(2)}-{d(2)}:{d(2)}",
            f"GB{d(2)}",
            f"DE {d(5)}",
        ]
    )


def labelled(seed: int, of_each: int, misses: int) -> Iterator[tuple[str, str]]:
    """(text, kind); kind is "" where the text holds no identity."""
    chance = random.Random(seed)
    for kind, make in KINDS.items():
        for _ in range(of_each):
            yield framed(chance, make(chance)), kind
    for _ in range(misses):
        yield framed(chance, near_miss(chance)), ""
