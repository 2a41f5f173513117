"""Privacy consent for news sites: a notice that readers understand, a record that auditors can check."""

from __future__ import annotations

from . import signals as signals
from .errors import BadCookie as BadCookie
from .errors import BadDecision as BadDecision
from .errors import ConfigError as ConfigError
from .errors import ConsentKitError as ConsentKitError
from .errors import StoreUnavailable as StoreUnavailable
from .extension import ConsentKit as ConsentKit
from .web.current import Consent as Consent
from .web.current import current_consent as current_consent
