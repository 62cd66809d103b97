"""The toy resource as a dynamic provider, in an importable module, as the real ones are."""

from __future__ import annotations

from certwright.dynamic.providers import Provider
from plugin.toy import Widget


class WidgetProvider(Provider):
    token = Widget.token
