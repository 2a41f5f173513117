"""A recorder that keeps its records in memory: the port, without a store behind it."""

from __future__ import annotations

from consentkit.consent.decisions import Nonce
from consentkit.consent.decisions import Record
from consentkit.consent.decisions import Recorded
from consentkit.errors import NonceReused
from consentkit.errors import StoreUnavailable


class MemoryRecorder:
    """Keeps what it is given, as durable as a test needs it."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.nonces: dict[tuple[str, str], tuple[str, Record]] = {}
        self.available = True

    def record(self, record: Record, *, nonce: Nonce | None) -> Recorded:
        """Keep *record*, once for each nonce."""
        if not self.available:
            raise StoreUnavailable
        if nonce is not None:
            earlier = self.recall(nonce, site=record.site)
            if earlier is not None:
                return Recorded(earlier, fresh=False)
            self.nonces[record.site, nonce.value] = (nonce.body_hash, record)
        self.records.append(record)
        return Recorded(record, fresh=True)

    def recall(self, nonce: Nonce, *, site: str) -> Record | None:
        """Return what was kept for the same nonce."""
        if (site, nonce.value) not in self.nonces:
            return None
        body_hash, record = self.nonces[site, nonce.value]
        if body_hash != nonce.body_hash:
            raise NonceReused
        return record
