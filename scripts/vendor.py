"""Refill leadcrm/static/vendor from npm (developers only: needs npm, and fonttools + brotli for the font).

    python scripts/vendor.py          refetch every package of vendor.toml and write the new hashes into it
    python scripts/vendor.py --check  compare the files on disk with the hashes, fetch nothing

vendor.toml names each package once, and for each file either the member of the npm package it is copied
from (`source`), the icons it is drawn from (`icons`), or the font it is cut from (`subset_of`).
"""

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "leadcrm" / "static" / "vendor"
MANIFEST = VENDOR / "vendor.toml"

# Latin letters with their accents, and the punctuation, arrows and currencies that our screens print.
FONT_CHARACTERS = "U+20-7E,U+A0-FF,U+131,U+152,U+153,U+2013,U+2014,U+2018-201A,U+201C-201E,U+2022,U+2026"
FONT_CHARACTERS += ",U+2032,U+2033,U+2039,U+203A,U+20AC,U+2122,U+2190-2193,U+2212,U+2264,U+2265"
FONT_WEIGHTS = "wght=400:650"


def main() -> int:
    """Return 0 when every vendored file has the hash that the manifest promises."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--check", action="store_true", help="only compare hashes")
    if not arguments.parse_args().check:
        refill()
    wrong = [file["path"] for file in manifest_files() if file["sha384"] != sha384(VENDOR / file["path"])]
    for path in wrong:
        print(f"hash differs: {path}", file=sys.stderr)
    return 1 if wrong else 0


def manifest_files() -> list[dict]:
    """Return every [[package.file]] of the manifest with its `path` relative to the vendor folder."""
    manifest = tomllib.loads(MANIFEST.read_text())
    return [file for package in manifest["package"] for file in package["file"]]


def sha384(path: Path) -> str:
    """Return the digest the way browsers write it: sha384-<base64>."""
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()


def refill() -> None:
    manifest = tomllib.loads(MANIFEST.read_text())
    for package in manifest["package"]:
        with tempfile.TemporaryDirectory() as scratch:
            unpacked = fetch(package["name"], package["version"], Path(scratch))
            for file in package["file"]:
                write(file, unpacked)
    write_hashes()


def fetch(name: str, version: str, scratch: Path) -> Path:
    """Download one npm package into `scratch` (npm itself checks its integrity) and return its root."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(scratch), f"{name}@{version}"]
    archive = run(command).strip().splitlines()[-1]
    with tarfile.open(scratch / archive) as tar:
        tar.extractall(scratch, filter="data")
    return scratch / "package"


def run(command: list[str]) -> str:
    """Return what the command prints. Raises CalledProcessError when it fails."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603 (our manifest)


def write(file: dict, unpacked: Path) -> None:
    target = VENDOR / file["path"]
    target.parent.mkdir(parents=True, exist_ok=True)
    if "icons" in file:
        target.write_text(sprite(file["icons"], unpacked / "icons"))
    elif "subset_of" in file:
        subset_font(unpacked / file["subset_of"], target)
    else:
        target.write_bytes((unpacked / file["source"]).read_bytes())


def sprite(names: list[str], folder: Path) -> str:
    """Return one SVG whose symbols are the named Lucide icons, drawn a little thinner than Lucide's own."""
    symbols = [symbol(name, (folder / f"{name}.svg").read_text()) for name in sorted(names)]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(name: str, svg: str) -> str:
    drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL).group(1)
    shapes = re.sub(r"\s*/>", "/>", re.sub(r">\s+<", "><", drawing)).strip()
    stroke = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {stroke}>{shapes}</symbol>'


def subset_font(source: Path, target: Path) -> None:
    """Cut `source` to our characters, weights and layout features."""
    with tempfile.TemporaryDirectory() as scratch:
        narrowed = Path(scratch) / "narrowed.woff2"
        instancer = [sys.executable, "-m", "fontTools.varLib.instancer", str(source), FONT_WEIGHTS]
        instancer += ["--no-recalc-timestamp", "--quiet", "-o", str(narrowed)]  # the same input gives the same hash
        subsetter = [sys.executable, "-m", "fontTools.subset", str(narrowed), f"--unicodes={FONT_CHARACTERS}"]
        subsetter += ["--layout-features=kern,tnum,mark,mkmk,ccmp,locl", "--flavor=woff2", "--no-hinting"]
        run(instancer)
        run([*subsetter, f"--output-file={target}"])


def write_hashes() -> None:
    """Put each file's digest into the manifest, keeping its comments and order."""
    text = MANIFEST.read_text()
    for file in manifest_files():
        digest = sha384(VENDOR / file["path"])
        pattern = rf'(path = "{re.escape(file["path"])}"\n(?:.*\n)*?sha384 = ")[^"]*'
        text = re.sub(pattern, rf"\g<1>{digest}", text, count=1)
    MANIFEST.write_text(text)


if __name__ == "__main__":
    sys.exit(main())
