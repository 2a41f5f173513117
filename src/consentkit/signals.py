"""The blinker signals that a host application can listen to. They are sent after the commit, never before."""

from __future__ import annotations

from blinker import Namespace

_signals = Namespace()

#: Sent after a decision is durable. Sender: the Flask application. Passes ``record`` (a
#: :class:`~consentkit.consent.decisions.Record`). Not sent again for a repeated nonce.
decision_recorded = _signals.signal("consentkit-decision-recorded")

#: Sent in the process that published, after the commit. Sender: the Flask application. Passes ``site``, ``kind`` and
#: ``versions`` (locale to version).
policy_published = _signals.signal("consentkit-policy-published")
