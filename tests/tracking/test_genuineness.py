"""A click or an open counts when a person's own program made it, and not before anybody can have read the mail."""

from datetime import UTC, datetime, timedelta

import pytest

from leadcrm.tracking.genuineness import MACHINE, PREFETCHED, bursts, is_too_soon, why_machine

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

PEOPLE = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 "
    "Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
    "Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 "
    "Edg/131.0.0.0",
    "Opera/9.80 (Windows NT 6.1; WOW64) Presto/2.12.388 Version/12.18",
]
MACHINES = [
    "",
    "Mozilla/5.0",  # Apple's privacy proxy
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0",  # Gmail's newer proxy
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 (compatible; YandexImageResizer/2.0; +http://yandex.com/bots) YandexMailProxy",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Microsoft Office Existence Discovery",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (compatible; proofpoint-urldefense/1.0)",
    "Mozilla/5.0 (Windows NT 10.0) Mimecast",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0 A",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "Python/3.11 aiohttp/3.9.5",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "Java/17.0.9",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "axios/1.7.7",
    "Symantec Web Security Service (cloud)",
    "Mozilla/5.0 (compatible; Sophos URL Scanner)",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_a_persons_program_counts(agent):
    assert why_machine("GET", {"User-Agent": agent}) == ""


@pytest.mark.parametrize("agent", MACHINES)
def test_a_proxy_or_scanner_does_not(agent):
    assert why_machine("GET", {"User-Agent": agent}) == MACHINE


def test_a_look_at_the_head_is_a_machines():
    assert why_machine("HEAD", {"User-Agent": PEOPLE[0]}) == MACHINE


@pytest.mark.parametrize(
    "purpose",
    [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Purpose": "preview"}, {"X-Moz": "prefetch"}],
)
def test_what_a_browser_fetches_ahead_was_not_asked_for(purpose):
    assert why_machine("GET", {"User-Agent": PEOPLE[0], **purpose}) == PREFETCHED


def test_nobody_reads_a_mail_within_seconds():
    assert is_too_soon(NOON, NOON + timedelta(seconds=9))
    assert is_too_soon(NOON, NOON - timedelta(seconds=3)), "the other side looks before its answer is written down"
    assert not is_too_soon(NOON, NOON + timedelta(seconds=10))


def test_whether_a_mail_without_a_known_sending_was_read_too_soon_cannot_be_told():
    assert not is_too_soon(None, NOON)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([], set()),
        ([0], set()),
        ([0, 1], {0, 1}),  # two links within a second
        ([0, 1.2], set()),
        ([0, 2.5, 5], {0, 1, 2}),  # three within five
        ([0, 3, 6], set()),
        ([60, 0, 0.5, 3], {1, 2, 3}),  # whoever comes later is not tarred
        ([0, 4, 8, 12], set()),
    ],
)
def test_links_that_are_followed_all_at_once_were_followed_by_a_machine(seconds, expected):
    assert bursts([NOON + timedelta(seconds=second) for second in seconds]) == expected
