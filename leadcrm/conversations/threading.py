"""Where a reply ends and the earlier text begins: one pass over the lines, no pattern that backtracks."""

import re

WRAPPED_HEAD = (
    3  # lines over which "On Monday, 23 November 2026 at 14:02, Ada Example <ada@example.com> wrote:" is broken
)
LONGEST_HEAD_LINE = 300  # characters

_WROTE = re.compile(
    r"(?:wrote|writes|escribió|a écrit|schrieb|ha scritto|escreveu|skrev|schreef|geskryf)(?: \S{1,100}){0,3} ?:\Z"
)
# where the name stands behind the verb and is long or broken over lines: `schrieb Acme Homes Ltd <\nada@example.com>:`
_WROTE_BY_ADDRESS = re.compile(r"(?:schrieb|skrev|schreef)(?: [^\s<>]{1,100}){0,12} < ?[^\s<>]{1,254}> ?:\Z")
_WROTE_START = re.compile(r"(?:On|El|Le|Am|Il|Em|Op|Den|På) ")
_FIELD = re.compile(
    r"\*?(?:From|Sent|To|Date|Subject|Cc|De|Enviado|Para|Asunto|Fecha|Envoyé|À|Objet|Von|Gesendet|An|Betreff|Van)"
    r" ?:\*? ?"
)
_RULE = re.compile(r"(?:-{2,}|_{5,}) ?(?:(?:Original|Forwarded) [Mm]essage|Ursprüngliche Nachricht)? ?-*\Z")
_WIDE_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " "})  # French: `a écrit :`, `De :`
_PROGRAMS = r"(?:Mail|Outlook|Yahoo|Proton|Samsung|AOL|GMX|Gmail|Courrier|Correo)"
_DEVICE = re.compile(  # what a program writes below its owner's words, in a line of its own
    rf"(?:Sent (?:from|via|with|using) (?:my|{_PROGRAMS})\b"
    rf"|Von mein\w{{1,3}} .{{1,60}} gesendet|Gesendet (?:von|mit|aus) (?:mein\w{{1,3}}|der|{_PROGRAMS})\b"
    rf"|Envoyé (?:de|depuis|à partir de|avec) (?:mon|ma|{_PROGRAMS})\b"
    rf"|Enviado (?:desde|de|do|da|a partir do|com) (?:o )?(?:mi|meu|minha|{_PROGRAMS})\b"
    r"|Gestuur van(?:af)? my\b"
    r"|(?:Get|Obtenir|Télécharger|Obtener|Descargar|Obter|Baixar|Kry) (?:o )?Outlook (?:for|pour|para|vir)\b"
    r"|Outlook für \w+ (?:beziehen|herunterladen|abrufen))[^?!]{0,100}\Z"
)


def fold_quoted(text: str) -> tuple[str, str]:
    """(what was written, what stands below it: the earlier text with its head, or the signature).

    A hint for showing: both parts together are the whole text. Nothing is cut when nothing would be left, or when
    the writer answered between or below quoted lines.
    """
    return _fold_device(*_fold_earlier_text(text.strip()))


def _fold_device(said: str, earlier: str) -> tuple[str, str]:
    """`Sent from my iPhone` as the last line is the phone's; it goes to what stands below."""
    above, _, last = said.rpartition("\n")
    if not above.strip() or not _DEVICE.match(last.translate(_WIDE_BLANKS).strip()[:LONGEST_HEAD_LINE]):
        return said, earlier
    return above.rstrip(), f"{last}\n\n{earlier}" if earlier else last


def _fold_earlier_text(text: str) -> tuple[str, str]:
    lines = text.translate(_WIDE_BLANKS).split("\n")
    answered_until = _last_unquoted(lines)
    for index in range(len(lines)):
        if _begins_earlier_text(lines, index, answered_until):
            end = sum(len(line) + 1 for line in lines[:index])
            said = text[:end].rstrip()
            return (said, text[end:]) if said else (text, "")
    return text, ""


def _last_unquoted(lines: list[str]) -> int:
    """The index of the last line that is the writer's own: neither blank nor a quote; -1 without one."""
    return next((i for i in range(len(lines) - 1, -1, -1) if lines[i].strip() and lines[i][0] != ">"), -1)


def _begins_earlier_text(lines: list[str], index: int, answered_until: int) -> bool:
    line = lines[index].rstrip()
    if line.startswith(">"):
        return index > answered_until
    if line == "--" or _RULE.match(line[:LONGEST_HEAD_LINE]):
        return True
    if _FIELD.match(line):
        return index + 1 < len(lines) and _FIELD.match(lines[index + 1]) is not None
    if _WROTE_START.match(line) and (end := _end_of_head(lines, index)) is not None:
        return not _is_quote_below(lines, end) or end > answered_until
    return False


def _end_of_head(lines: list[str], index: int) -> int | None:
    """The index after a "… wrote:" that starts here, or None when it is no such head."""
    head = ""
    for offset, line in enumerate(lines[index : index + WRAPPED_HEAD]):
        head = f"{head} {line.strip()}"[-LONGEST_HEAD_LINE:]
        if _WROTE.search(line.rstrip()[-LONGEST_HEAD_LINE:]) or _WROTE_BY_ADDRESS.search(head):
            return index + offset + 1
    return None


def _is_quote_below(lines: list[str], index: int) -> bool:
    """Is the head followed by `>` lines (which an answer may stand between) rather than by an indented copy?"""
    return any(line.startswith(">") for line in lines[index : index + 2])
