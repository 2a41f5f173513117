"""What a site's own tests need: a clock that stands still, and readers who have decided."""

from __future__ import annotations

import collections.abc as cabc
import contextlib
import datetime as dt
import secrets
import typing as t

if t.TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from .runtime import Runtime


_START = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)


class FrozenClock:
    """A clock that shows what it was set to.

    :param at: an aware time, where it starts.
    """

    def __init__(self, at: dt.datetime = _START) -> None:
        self.set(at)

    def now(self) -> dt.datetime:
        """Return what it was set to, in UTC."""
        return self._at

    def set(self, at: dt.datetime) -> None:
        """Set it to *at*."""
        if at.tzinfo is None:
            raise ValueError("A clock shows aware times.")
        self._at = at.astimezone(dt.UTC)

    def advance(self, by: dt.timedelta) -> None:
        """Move it on, or back."""
        self._at += by


@contextlib.contextmanager
def frozen(app: Flask, at: dt.datetime = _START) -> cabc.Iterator[FrozenClock]:
    """Let consentkit on *app* go by a clock that stands still, for the time of a ``with`` block.

    ::

        with frozen(app) as clock:
            reader = client(app, action="accept_all")
            clock.advance(datetime.timedelta(days=181))

    For applications whose factory takes no clock; where it does, hand a :class:`FrozenClock` to ``ConsentKit``.

    :param at: an aware time, where it starts.
    """
    stopped = FrozenClock(at)
    # All of the toolkit reads the time from this one object.
    own = vars(t.cast("Runtime", app.extensions["consentkit"]).clock)
    before = own.get("now")
    own["now"] = stopped.now
    try:
        yield stopped
    finally:
        if before is None:
            del own["now"]
        else:
            own["now"] = before


def client(
    app: Flask,
    *,
    purposes: cabc.Mapping[str, bool] | None = None,
    services: cabc.Mapping[str, bool] | None = None,
    action: str | None = None,
    site: str | None = None,
    locale: str | None = None,
    base_url: str | None = None,
) -> FlaskClient:
    """Return a test client of *app* whose reader has decided: by default, refused all.

    ::

        reader = client(app, purposes={"analytics": True})
        assert reader.get("/for-you").status_code == 200

    The parameters are those of :func:`decide`. For a reader who has not decided, there is ``app.test_client()``.

    :raises AssertionError: the decision was not taken. The message holds the answer.
    """
    reader = app.test_client()
    decide(
        reader,
        app,
        purposes=purposes,
        services=services,
        action=action,
        site=site,
        locale=locale,
        base_url=base_url,
    )
    return reader


def decide(
    client: FlaskClient,
    app: Flask,
    *,
    purposes: cabc.Mapping[str, bool] | None = None,
    services: cabc.Mapping[str, bool] | None = None,
    action: str | None = None,
    site: str | None = None,
    locale: str | None = None,
    base_url: str | None = None,
) -> dict[str, t.Any]:
    """Let the reader behind *client* decide, through the real route, and return the answer's JSON.

    ::

        decide(client, app, purposes={"analytics": True})
        decide(client, app)  # refuses all
        decide(client, app, action="accept_all")

    The client keeps the cookies, so its further requests are those of a reader who has decided.

    :param purposes: the optional purposes with their answers; what is not named is refused.
    :param services: answers for single services, where they differ from their purposes'.
    :param action: ``accept_all``, ``reject_all``, ``save`` or ``withdraw``; ``save`` if anything is named, else
        ``reject_all``.
    :param site: the site's id, where the application has several. :param locale: the notice's; the site's first one
        if not given.
    :param base_url: where the reader is, e.g. ``https://www.steppe-herald.example``; the client's own if not given.
    :raises AssertionError: the decision was not taken. The message holds the answer.
    """
    runtime: Runtime = app.extensions["consentkit"]
    snapshot = runtime.site(site) if site is not None else next(iter(runtime.sites.values()))
    notice = snapshot.notices[locale or snapshot.site.locales[0]]
    body = {
        "action": action or ("save" if purposes or services else "reject_all"),
        "purposes": dict(purposes or {}),
        "services": dict(services or {}),
        "notice": notice.version,
        "locale": notice.locale,
        "nonce": secrets.token_urlsafe(16),
    }
    url = f"{runtime.settings.url_prefix}/decisions"
    response = client.post(url, json=body, query_string={"site": snapshot.site.id}, base_url=base_url)
    if response.status_code != 201:  # noqa: PLR2004 - Created
        raise AssertionError(f"The decision was not taken: {response.status} {response.get_data(as_text=True)}")
    answer: dict[str, t.Any] = response.get_json()
    return answer
