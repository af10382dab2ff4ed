"""What a site needs before its first process starts: a cluster, a certificate, nginx's configuration."""

import os
import subprocess
from pathlib import Path

from deploy import front_door, machine
from deploy.site import Site

CERTIFICATE_DAYS = "30"
NGINX = """\
daemon off;
pid {folder}/run/nginx.pid;
error_log stderr;
{user}
events {{}}
http {{
    {temporary}
    include {folder}/nginx/leadcrm.conf;
}}
"""
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def furnish(site: Site) -> None:
    """All of it; what is there stays, but the door is set up anew. Raises PermissionError, CalledProcessError."""
    _make_cluster(site)
    make_certificate(site)
    set_up_door(site)


def _make_cluster(site: Site) -> None:
    """A PostgreSQL cluster of our own, open to passwords on a socket only."""
    owner = machine.owner_of_postgres()
    for folder in (site.postgres, site.postgres_socket):
        folder.mkdir(mode=0o700, exist_ok=True)
        _give(folder, owner)
    if (site.postgres / "PG_VERSION").exists():
        return
    as_owner = {"user": owner[0], "group": owner[1], "extra_groups": []} if owner else {}
    if subprocess.run(["test", "-w", str(site.postgres)], **as_owner).returncode:
        raise PermissionError(f"PostgreSQL's user cannot come to {site.folder}: choose another folder.")
    secret = site.postgres_socket / "password"
    secret.touch(mode=0o600)
    secret.write_text(site.settings()["POSTGRES_PASSWORD"])
    _give(secret, owner)
    command = [machine.postgres("initdb"), "--pgdata", str(site.postgres), "--username", "postgres"]
    command += ["--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C.UTF-8"]
    try:
        subprocess.run(command, cwd=site.postgres, check=True, stdout=subprocess.DEVNULL, **as_owner)
    finally:
        secret.unlink()


def _give(path: Path, owner: tuple[int, int] | None) -> None:
    if owner:
        os.chown(path, *owner)


def make_certificate(site: Site) -> None:
    """One that nobody has signed, for localhost, unless it is there."""
    if site.certificate.exists():
        return
    command = [machine.openssl(), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", CERTIFICATE_DAYS, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", str(site.certificate_key), "-out", str(site.certificate)]
    subprocess.run(command, check=True, capture_output=True)


def set_up_door(site: Site) -> None:
    """The shipped configuration with this site's sockets, ports and certificate."""
    folder = site.folder / "nginx"
    values = {
        "LEADCRM_HOST": "localhost",
        "LEADCRM_URL": site.url,
        "LEADCRM_HTTP": f"127.0.0.1:{site.http}",
        "LEADCRM_HTTPS": f"127.0.0.1:{site.https}",
        "LEADCRM_WEBS": front_door.webs(map(str, site.web_sockets)),
        "LEADCRM_CACHE": f"{folder}/cache",
        "LEADCRM_LOG": f"{site.folder}/logs/access.log",
        "LEADCRM_CERTIFICATE": str(site.certificate),
        "LEADCRM_CERTIFICATE_KEY": str(site.certificate_key),
    }
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n    " for name in TEMPORARY)
    user = "user root;" if os.geteuid() == 0 else ""  # nobody else comes into the folder
    (folder / "leadcrm.conf").write_text(front_door.render(values))
    (folder / "nginx.conf").write_text(NGINX.format(folder=site.folder, temporary=temporary, user=user))
