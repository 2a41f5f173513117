"""Each site's log has a name and a key before the first reader decides."""

from __future__ import annotations

import collections.abc as cabc
import logging
import typing as t

from ..errors import KeyUnavailable
from ..ledger.origins import first_origin
from ..operations.open_log import open_log

if t.TYPE_CHECKING:
    from ..clock import Clock
    from ..config import Settings
    from ..operations.publish_site import SiteSnapshot
    from ..operations.signing_keys import SigningKeys
    from ..storage.unit_of_work import Database

log = logging.getLogger("consentkit")


class OpenLogs:
    """Opens the logs of the sites of this process, each once; again and again as long as one cannot be."""

    def __init__(self, database: Database, settings: Settings, keys: SigningKeys, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._opened: set[str] = set()
        self._told: dict[str, str] = {}
        self._anchored = bool(settings.log_anchor.split())

    def open(self, sites: cabc.Mapping[str, SiteSnapshot]) -> None:
        """Open the logs of *sites*. What is missing is said once; decisions are taken all the same.

        :raises StoreUnavailable: as the store does.
        """
        for name, snapshot in sites.items():
            if name in self._opened:
                continue
            try:
                home = next(iter(snapshot.site.site.origins), None)
                origin = first_origin(home, self._settings.url_prefix, name)
                verifier = open_log(self._database, name, origin=origin, keys=self._keys, clock=self._clock)
                self._keys.signer(verifier)
            except KeyUnavailable as error:
                if self._told.get(name) != str(error):
                    self._told[name] = str(error)
                    log.error("%s", error)  # noqa: TRY400 - the message says all
                continue
            self._opened.add(name)
        if not self._anchored:
            self._anchored = True
            log.warning(
                "CONSENTKIT_LOG_ANCHOR is not set: a database that is restored from a backup would fork its consent "
                "log unnoticed. Name a place outside of it."
            )
