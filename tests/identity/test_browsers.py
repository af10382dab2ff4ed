import pytest

from leadcrm.identity.browsers import browser_words

AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36 Edg/156.0": "Edge on Windows",
    "Mozilla/5.0 (X11; Linux x86_64) (KHTML, like Gecko) Chrome/156.0 Safari/537.36": "Chrome on Linux",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_5; rv:150.0) Gecko/20100101 Firefox/150.0": "Firefox on macOS",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1": "Safari on iPhone",
    "curl/8.9": "Unknown browser",
    "": "Unknown browser",
}


@pytest.mark.parametrize(("user_agent", "words"), AGENTS.items())
def test_a_browser_is_named_as_its_person_knows_it(user_agent, words):
    assert browser_words(user_agent) == words
