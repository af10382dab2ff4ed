"""Debian's packages that some parts need, and that root may install."""

import os
import shutil
import subprocess


def bring(package: str) -> None:
    """Try to install it; whoever needs it looks whether it is there."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "--yes", package], capture_output=True, check=False)
