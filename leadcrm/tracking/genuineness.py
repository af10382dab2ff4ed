"""Whether a person opened a mail or followed a link, or a machine did it for them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

TOO_SOON = timedelta(seconds=10)  # after sending: a mail has to be found and read first
BURST_OF_TWO = timedelta(seconds=1)
BURST_OF_THREE = timedelta(seconds=5)

PREFETCHED = "fetched ahead of need"
MACHINE = "a mail proxy or scanner"
SOON = "within seconds of sending"
BURST = "many links at once"

# Proxies of mailboxes, security gateways, link previews and plain programs, by what they call themselves; not CUBOT,
# which makes phones.
_MACHINES = re.compile(
    r"googleimageproxy|ggpht|yahoomailproxy|yahoo.?mail.?proxy|yandex.?(?:mail)?proxy|duckduckgo|"
    r"(?<!\bcu)bot\b|bot/|crawl|spider|slurp|preview|prefetch|scan|monitor|checker|validator|headless|phantomjs|puppeteer|"
    r"barracuda|proofpoint|mimecast|messagelabs|symantec|forcepoint|websense|fireeye|trellix|zscaler|sophos|"
    r"trend ?micro|cloudmark|ironport|safelinks|existence discovery|avanan|checkpoint|fortiguard|kaspersky|"
    r"bitdefender|mcafee|urldefense|vade|"
    r"facebookexternalhit|whatsapp/|skypeuripreview|slack-imgproxy|embedly|"
    r"curl|wget|python|aiohttp|httpx|go-http|okhttp|java/|apache-httpclient|libwww|perl|ruby|php|axios|node|"
    r"http_?client|winhttp|edge/12\.246",
    re.IGNORECASE,
)
# A browser or mail program names its system; Apple's privacy proxy says "Mozilla/5.0" and nothing else.
_PERSONS_PROGRAM = re.compile(r"[A-Za-z][\w.+\- ]*/[\w.]+ \(")


def why_machine(method: str, headers: Mapping[str, str]) -> str:
    """Why a request is a machine's by its own looks; empty when a person may have made it."""
    if method != "GET":
        return MACHINE
    purposes = (headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    if any("prefetch" in purpose.lower() or "preview" in purpose.lower() for purpose in purposes):
        return PREFETCHED
    agent = headers.get("User-Agent", "")
    return MACHINE if _MACHINES.search(agent) or not _PERSONS_PROGRAM.match(agent) else ""


def is_too_soon(sent_at: datetime | None, at: datetime) -> bool:
    """Whether nobody can have read the mail yet; of one whose sending is not recorded that cannot be told."""
    return sent_at is not None and at < sent_at + TOO_SOON


def bursts(moments: Sequence[datetime]) -> set[int]:
    """Which of these requests, for different links of one mail, came too closely together for one person's hand."""
    order = sorted(range(len(moments)), key=lambda index: moments[index])
    found: set[int] = set()
    for size, longest in ((2, BURST_OF_TWO), (3, BURST_OF_THREE)):
        for start in range(len(order) - size + 1):
            together = order[start : start + size]
            if moments[together[-1]] - moments[together[0]] <= longest:
                found.update(together)
    return found
