"""The same mails through django-post-office, the outbox most Django projects use, on SQLite with its five threads.

`python -m bench.post_office FOLDER PORT` reads numbers of mails, one a line: it queues so many, filled in already,
sends them (only this is timed) and prints the seconds it took.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
from django.conf import settings

from bench.letters import HEADERS, SENDER, letters
from leadcrm.settings import ROOT

BATCH = 5000  # its default of 100 costs it a fifth: it connects anew for each batch


@contextmanager
def post_office(folder: Path, port: int) -> Iterator[Callable[[int], float]]:
    """A process of its own; gives what sends so many mails and returns the seconds it took."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.post_office", str(folder), str(port)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip

    def send(count: int) -> float:
        print(count, file=process.stdin)
        return float(process.stdout.readline())

    try:
        yield send
    finally:
        process.terminate()
        process.wait()


def _set_up(folder: str, port: str) -> None:
    settings.configure(
        INSTALLED_APPS=["post_office"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/post_office.db"}},
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(port),
        LOGGING={
            "version": 1,
            "handlers": {"nowhere": {"class": "logging.NullHandler"}},
            "loggers": {"post_office": {"handlers": ["nowhere"]}},  # it sets up its own otherwise, a line a batch
        },
        POST_OFFICE={"BATCH_SIZE": BATCH},
        USE_TZ=True,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _queue(count: int) -> None:
    from post_office import mail

    mail.send_many(
        [
            {
                "recipients": [letter.recipient],
                "sender": SENDER,
                "subject": letter.subject,
                "message": letter.text,
                "html_message": letter.html,
                "headers": {"Message-ID": letter.message_id, **HEADERS},
            }
            for letter in letters(count)
        ]
    )


def _send() -> float:
    from post_office.mail import get_queued, send_queued

    started = time.perf_counter()
    while get_queued().exists():
        send_queued()
    return time.perf_counter() - started


if __name__ == "__main__":
    _set_up(*sys.argv[1:])
    for line in sys.stdin:
        _queue(int(line))
        print(_send(), flush=True)
