"""The Chromium that the browser tests drive.

Taken in this order: ``$CHROMIUM``; a Chromium or Chrome on the path; else the one in the npm package
``@sparticuz/chromium`` beside this file, unpacked once with the libraries and fonts that it brings.
"""

from __future__ import annotations

import dataclasses
import io
import os
import pathlib
import shutil
import tarfile
import tempfile
import typing as t
import xml.sax.saxutils

import brotli

HERE = pathlib.Path(__file__).parent
PACKAGE = HERE / "node_modules" / "@sparticuz" / "chromium" / "bin"
UNPACKED = HERE / "node_modules" / ".chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")

#: Names under .example are this machine; nothing else is looked up, so no test can reach out.
RESOLVER = "MAP *.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"
ARGUMENTS = (
    f"--host-resolver-rules={RESOLVER}",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Chromium:
    """An executable and the environment it needs."""

    executable: pathlib.Path
    environment: dict[str, str]


def find_chromium() -> Chromium:
    """Return the Chromium to drive. :raises FileNotFoundError: there is none, with the ways to get one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Chromium(pathlib.Path(named), dict(os.environ))
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Chromium(pathlib.Path(found), dict(os.environ))
    if not (PACKAGE / "chromium.br").exists():
        message = f"No Chromium: set $CHROMIUM, install one of {', '.join(NAMES)}, or run 'npm ci' in {HERE.name}/."
        raise FileNotFoundError(message)
    if not UNPACKED.exists():
        _unpack()
    return Chromium(
        UNPACKED / "chromium",
        {
            **os.environ,
            "LD_LIBRARY_PATH": os.pathsep.join(
                filter(None, [str(UNPACKED / "lib"), os.environ.get("LD_LIBRARY_PATH")])
            ),
            "FONTCONFIG_FILE": str(UNPACKED / "fonts.conf"),
        },
    )


def _unpack() -> None:
    # Python before 3.11.4 has no filters; the archives are locked by hash.
    filtered: dict[str, t.Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    # Beside the goal and then renamed: two test processes may unpack at once, and neither sees half a browser.
    with tempfile.TemporaryDirectory(dir=UNPACKED.parent) as folder:
        made = pathlib.Path(folder) / "chromium"
        made.mkdir()
        for archive in ("al2023", "fonts", "swiftshader"):
            data = brotli.decompress((PACKAGE / f"{archive}.tar.br").read_bytes())
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                tar.extractall(made, **filtered)
        executable = made / "chromium"
        executable.write_bytes(brotli.decompress((PACKAGE / "chromium.br").read_bytes()))
        executable.chmod(0o755)
        (made / "fonts.conf").write_text(_fonts_conf(), encoding="utf-8")
        try:
            made.rename(UNPACKED)
        except OSError:
            if not UNPACKED.exists():
                raise


def _fonts_conf() -> str:
    # The package's own names folders of another machine. Open Sans has Cyrillic with Kazakh; Arabic comes from
    # the machine's fonts if there are any (no test depends on it).
    bundled, cache = (xml.sax.saxutils.escape(str(UNPACKED / name)) for name in ("fonts", "font-cache"))
    return (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n'
        f"<fontconfig><dir>{bundled}</dir><dir>/usr/share/fonts</dir><cachedir>{cache}</cachedir></fontconfig>\n"
    )
