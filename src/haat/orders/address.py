"""Where an order goes: every field that is wrong is said at once."""

import re
from typing import Final

from haat.errors import Invalid, Problem
from haat.orders.model import Address
from haat.orders.ports import Place
from haat.vocabulary import pincode

_MOST_CHARS: Final = {"name": 120, "line1": 200, "line2": 200}
_PHONE: Final = re.compile(r"(?:\+?91|0)?([6-9][0-9]{9})")
_BETWEEN_DIGITS: Final = re.compile(r"[\s().-]+")
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What no label can print, and what turns its text around. Joiners stay: Indian scripts need them."""
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\".]+(?:\.[^@\s,;<>\".]+)+")
_MOST_EMAIL_CHARS: Final = 254


def checked(address: Address, pointer: str = "#/address") -> Address:
    """The address as it is kept: trimmed, the phone as ten digits, city and state empty until the place fills them.

    Raises: Invalid naming every field that is wrong.
    """
    problems = []
    kept = {name: " ".join(getattr(address, name).split()) for name in _MOST_CHARS}
    for name, most in _MOST_CHARS.items():
        if len(kept[name]) > most:
            problems.append(Problem(f"{pointer}/{name}", f"Keep it to {most} characters."))
        elif _CONTROL.search(kept[name]):
            problems.append(Problem(f"{pointer}/{name}", "Leave out control characters."))
    if not kept["name"]:
        problems.append(Problem(f"{pointer}/name", "Say who gets the parcel."))
    if not kept["line1"]:
        problems.append(Problem(f"{pointer}/line1", "Give the house, street or area."))
    phone = _PHONE.fullmatch(_BETWEEN_DIGITS.sub("", address.phone)) if address.phone.isascii() else None
    if phone is None:
        detail = "Give an Indian mobile number: ten digits, the first 6 to 9, like 98450 12345."
        problems.append(Problem(f"{pointer}/phone", detail))
    pin = address.pincode.strip()
    try:
        pincode(pin, f"{pointer}/pincode")
    except Invalid as error:
        problems.extend(error.problems)
    email = address.email.strip()
    if email and (len(email) > _MOST_EMAIL_CHARS or not _EMAIL.fullmatch(email)):
        problems.append(Problem(f"{pointer}/email", "This is not an e-mail address. It may be left empty."))
    if problems or phone is None:
        raise Invalid(problems=problems)
    return Address(phone=phone[1], pincode=pin, email=email, **kept)


def placed(address: Address, place: Place) -> Address:
    """The address with city and state as its PIN code says."""
    return Address(
        name=address.name,
        phone=address.phone,
        line1=address.line1,
        line2=address.line2,
        pincode=address.pincode,
        email=address.email,
        city=place.city,
        state=place.state,
    )
