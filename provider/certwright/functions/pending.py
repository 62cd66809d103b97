"""What a function answers while an argument is not known yet."""

from __future__ import annotations

from certwright.domain.values import UNKNOWN
from certwright.resources.base import Model, Tree


def all_unknown(model: type[Model]) -> Tree:
    """Every output unknown: a preview goes on, and guesses nothing."""
    return {field.alias or name: UNKNOWN for name, field in model.model_fields.items()}
