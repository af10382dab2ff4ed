"""nginx's configuration: `python -m deploy.front_door crm.example.com > /etc/nginx/conf.d/leadcrm.conf`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from string import Template

TEMPLATE = Path(__file__).parent / "nginx" / "leadcrm.conf.template"
WEBS_OF_THE_UNITS = ("/run/leadcrm-web-1/http.sock", "/run/leadcrm-web-2/http.sock")


def render(values: dict[str, str]) -> str:
    """The template with its ${LEADCRM_…} filled in; nginx's own $variables stay. Raises KeyError for one left out."""
    return _OurNames(TEMPLATE.read_text()).substitute(values)


class _OurNames(Template):
    """Knows no other variables than ours, as the nginx image's envsubst."""

    pattern = r"\$\{(?P<braced>LEADCRM_[A-Z_]+)\}|(?P<escaped>(?!))|(?P<named>(?!))|(?P<invalid>(?!))"


def names() -> set[str]:
    """What the template asks for."""
    return set(_OurNames(TEMPLATE.read_text()).get_identifiers())


def webs(sockets: Iterable[str]) -> str:
    """The processes behind the door. None is ever left out: a refused connection costs nothing on a socket, and one
    broken answer, when a process was killed, says nothing of those beside it.
    """
    return "\n    ".join(f"server unix:{path} max_fails=0;" for path in sockets)


def on_this_machine(host: str) -> dict[str, str]:
    """Values for the systemd units of this folder and certificates as certbot lays them."""
    return {
        "LEADCRM_HOST": host,
        "LEADCRM_URL": f"https://{host}",
        "LEADCRM_HTTP": "80",
        "LEADCRM_HTTPS": "443",
        "LEADCRM_WEBS": webs(WEBS_OF_THE_UNITS),
        "LEADCRM_CACHE": "/var/lib/nginx/leadcrm",
        "LEADCRM_LOG": "/var/log/nginx/leadcrm.log",
        "LEADCRM_CERTIFICATE": f"/etc/letsencrypt/live/{host}/fullchain.pem",
        "LEADCRM_CERTIFICATE_KEY": f"/etc/letsencrypt/live/{host}/privkey.pem",
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(render(on_this_machine(sys.argv[1])), end="")
