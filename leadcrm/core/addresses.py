"""Addresses of people in one shape, and what a phone number says about its owner's clock."""

from functools import lru_cache

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import timezone as phone_zones

LONGEST_TYPED = 254
UNKNOWN_ZONE = "Etc/Unknown"


class NotAnAddress(ValueError):
    """What was typed is no address of this kind; the message says what to change."""


def email_address(typed: str) -> str:
    """`Jo@Exämple.com` → `jo@xn--exmple-cua.com`. Raises NotAnAddress."""
    try:
        parts = validate_email(
            typed,
            check_deliverability=False,
            globally_deliverable=False,
            allow_smtputf8=False,
            test_environment=True,  # rehearsals write to names under .test
        )
    except (EmailNotValidError, ValueError):
        raise NotAnAddress("This is not an email address, like name@example.com.") from None
    if "." not in parts.ascii_domain:
        raise NotAnAddress("This email address lacks the part after the dot, like .com.")
    return parts.ascii_email.lower()


def is_email(typed: str) -> bool:
    """Whether this can be written to."""
    try:
        return bool(email_address(typed))
    except NotAnAddress:
        return False


def phone_e164(typed: str, country: str) -> str:
    """`082 123 4567` in ZA → `+27821234567`. Raises NotAnAddress."""
    if len(typed) <= LONGEST_TYPED:
        try:
            number = phonenumbers.parse(typed, country)
        except phonenumbers.NumberParseException:
            number = None
        if number is not None and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise NotAnAddress("This is not a phone number. For one abroad, begin with + and the country's code.")


def normal(kind: str, typed: str, country: str) -> str:
    """An address of kind `email`, `phone` or `whatsapp` as it is kept. Raises NotAnAddress."""
    match kind:
        case "email":
            return email_address(typed)
        case "phone":
            return phone_e164(typed, country)
        case _:
            return typed.strip()


@lru_cache(maxsize=4096)
def phone_as_read(e164: str) -> str:
    """`+27821234567` → `+27 82 123 4567`, for people's eyes."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=4096)
def zones_of_phone(number: str) -> tuple[str, ...]:
    """The IANA zones a number's prefix belongs to, by name; none for what is no number, and where nobody knows.

    `number` is E.164, or a WhatsApp id: the same without the plus.
    """
    parsed = _parsed(number)
    zones = phone_zones.time_zones_for_number(parsed) if parsed is not None else ()
    return tuple(sorted(name for name in zones if name != UNKNOWN_ZONE))


def region_of_phone(number: str) -> str:
    """`+447911123456` → `GB`; "" for what is no number."""
    parsed = _parsed(number)
    return phonenumbers.region_code_for_number(parsed) or "" if parsed is not None else ""


def digits_at_home(number: str) -> str:
    """`+27821234567` → `821234567`: what stands in every way to write it, with or without a country or a zero."""
    parsed = _parsed(number)
    return str(parsed.national_number) if parsed is not None else "".join(filter(str.isdigit, number))


def _parsed(number: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(f"+{number.removeprefix('+')}")
    except phonenumbers.NumberParseException:
        return None  # a short code or a name in a number's place
