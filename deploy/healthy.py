"""Whether a gunicorn answers at its socket: `python -m deploy.healthy SOCKET [PATH]`. Exit 1 when it does not.

Asks with the name of BASE_URL, because the application answers to no other.
"""

import http.client
import os
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

SECONDS = 5


def status(address: Path, path: str, host: str) -> int:
    """What a GET is answered with. Raises OSError or HTTPException when it is not."""
    connection = http.client.HTTPConnection(host, timeout=SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(SECONDS)
    try:
        connection.sock.connect(str(address))
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


def main(address: str, path: str = "/healthz") -> int:
    host = urlsplit(os.environ.get("BASE_URL", "")).hostname or "localhost"
    try:
        found = status(Path(address), path, host)
    except (OSError, http.client.HTTPException) as error:
        print(f"{address}: {error}", file=sys.stderr)
        return 1
    print(f"{address}{path}: {found}")
    return 0 if found == 200 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
