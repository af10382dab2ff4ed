"""Folding: the shapes real mail programs make, and the texts made to hang a reader."""

from time import process_time

import pytest

from leadcrm.conversations.threading import fold_quoted

REPLY = "Yes, Tuesday works.\n\nAnna"
QUOTE = "> Does Tuesday work?\n>\n> Ben"
PLAIN_COPY = "Does Tuesday work?\n\nBen"


@pytest.mark.parametrize(
    "earlier",
    [
        f"On Mon, 23 Nov 2026 at 14:02, Ben <ben@acme.test> wrote:\n{QUOTE}",
        f"On Mon, 23 Nov 2026 at 14:02, Ben <ben@acme.test> wrote:\n\n{QUOTE}",
        f"On Monday, 23 November 2026 at 14:02, Ben of the Very Long Name\n<ben@acme.test> wrote:\n\n{QUOTE}",
        f"El lun, 23 nov 2026 a las 14:02, Ben (<ben@acme.test>) escribió:\n\n{QUOTE}",
        f"Le lun. 23 nov. 2026 à 14:02, Ben <ben@acme.test> a écrit :\n\n{QUOTE}",
        f"Am 23.11.2026 um 14:02 schrieb Ben <ben@acme.test>:\n{QUOTE}",
        f"Em seg., 23 de nov. de 2026 às 14:02, Ben <ben@acme.test> escreveu:\n\n{QUOTE}",
        f"Op ma 23 nov 2026 om 14:02 schreef Ben <ben@acme.test>:\n\n{QUOTE}",
        f"Op Ma., 23 Nov. 2026 om 14:02 het Ben <ben@acme.test> geskryf:\n\n{QUOTE}",
        f"On Nov 23, 2026, at 2:02 PM, Ben <ben@acme.test> wrote:\n\n{PLAIN_COPY}",
        f"From: Ben <ben@acme.test>\nSent: Monday, 23 November 2026 14:02\nTo: Anna\nSubject: Hi\n\n{PLAIN_COPY}",
        f"*From:* Ben <ben@acme.test>\n*Sent:* Monday\n*To:* Anna\n\n{PLAIN_COPY}",
        f"________________________________\nFrom: Ben <ben@acme.test>\nSent: Monday\n\n{PLAIN_COPY}",
        f"-----Original Message-----\nFrom: Ben\nTo: Anna\n\n{PLAIN_COPY}",
        f"Von: Ben <ben@acme.test>\nGesendet: Montag\nAn: Anna\n\n{PLAIN_COPY}",
        f"De : Ben <ben@acme.test>\nEnvoyé : lundi\nÀ : Anna\n\n{PLAIN_COPY}",
        f"Am Mo., 23. Nov. 2026 um 14:02 Uhr schrieb Ben Miller <\nben@acme.test>:\n\n{QUOTE}",
        f"Am Mo., 23. Nov. 2026 um 14:02 Uhr schrieb Acme Homes of York Ltd\n<ben@acme.test>:\n\n{QUOTE}",
        f"Am Mo., 23. Nov. 2026 um 14:02 Uhr schrieb Acme Homes of York Ltd <ben@acme.test>:\n\n{QUOTE}",
        f"Le lun. 23 nov. 2026 à 14:02, Ben <ben@acme.test> a écrit\u00a0:\n\n{QUOTE}",
        f"De\u00a0: Ben <ben@acme.test>\nEnvoyé\u00a0: lundi\nÀ\u00a0: Anna\n\n{PLAIN_COPY}",
        QUOTE,
        "-- \nAnna Berg\nBerg & Sons",
    ],
)
def test_the_earlier_text_is_folded(earlier):
    assert fold_quoted(f"{REPLY}\n\n{earlier}\n") == (REPLY, earlier)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from Mail for Windows",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Von meinem iPhone gesendet",
        "Gesendet von Outlook für Android<https://aka.ms/AAb9ysg>",
        "Outlook für iOS beziehen<https://aka.ms/o0ukef>",
        "Envoyé de mon iPhone",
        "Envoyé à partir de Outlook pour iOS",
        "Enviado desde mi iPhone",
        "Enviado do meu iPhone",
        "Gestuur vanaf my iPhone",
    ],
)
@pytest.mark.parametrize("earlier", ["", f"> On 23 Nov 2026, at 14:02, Ben <ben@acme.test> wrote:\n{QUOTE}"])
def test_what_a_device_says_of_itself_is_folded(line, earlier):
    assert fold_quoted(f"{REPLY}\n\n{line}\n\n{earlier}") == (REPLY, f"{line}\n\n{earlier}".strip())


@pytest.mark.parametrize(
    "text",
    [
        "On Tuesday I can come.\nFrom: the station it is a short walk.",
        "> Does Tuesday work?\nYes.\n> And Wednesday?\nNo.",
        f"Answers below.\n\nOn Monday Ben <ben@acme.test> wrote:\n{QUOTE}\n\nYes it does.",
        "I like it - really\n---x---\nvery much",
        "Here is the contract.\nSent from the bank this morning, did you get it?",
        "Sent from my iPhone",
        "Sent from my iPhone\n\n> Does Tuesday work?\n\nYes.",
        QUOTE,
        "",
        "   ",
    ],
)
def test_the_writers_own_words_are_never_folded(text):
    assert fold_quoted(text) == (text.strip(), "")


@pytest.mark.parametrize(
    "text",
    [
        "On " * 80_000,
        "On \n" * 60_000,
        "> a\n" * 60_000 + "end",
        ">" * 250_000,
        "-" * 250_000,
        "wrote " * 40_000 + ":",
        "From:\nx\n" * 30_000,
        "On x wrote:\n>\nx\n" * 15_000,
        "Am schrieb <" * 20_000,
        "Am schrieb a a a a a a a a a a\n" * 8_000,
        "x\nSent from my " + "a " * 120_000,
    ],
    ids=range(11),
)
def test_hostile_text_takes_linear_time(text):
    started = process_time()
    said, quoted = fold_quoted(text)
    assert process_time() - started < 0.5
    assert len(said) + len(quoted) >= len(text.strip()) - 2
