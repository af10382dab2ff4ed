"""A real IMAP server for tests: pymap with its mails in memory, on loopback.

python -m tests.contracts.imap_server --user U --password P [--port N] [--cert FILE --key FILE]    prints its port

With a certificate it speaks TLS from the first byte, without one it takes passwords in the clear. A new start is a
new UIDVALIDITY.
"""

import argparse
import asyncio
import ssl

from proxyprotocol.reader import ProxyProtocolReader
from proxyprotocol.version import ProxyProtocolVersion
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer


async def serve(options: argparse.Namespace) -> None:
    """Listen until killed; prints the port first."""
    arguments = argparse.Namespace(
        demo_data=False, demo_user=options.user, demo_password=options.password,
        tls=False, cert=None, key=None, debug=False, host="127.0.0.1", port=0, proxy_protocol=None,
        inherited_sockets=None, passlib_cfg=None,
    )  # fmt: skip
    backend, config = await DictBackend.init(arguments)
    config.apply_context()
    reader = ProxyProtocolReader(ProxyProtocolVersion.get("noop"))
    server = await asyncio.start_server(
        reader.get_callback(IMAPServer(backend.login, config)), "127.0.0.1", options.port, ssl=_tls(options)
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(options.cert, options.key)
    return context


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
