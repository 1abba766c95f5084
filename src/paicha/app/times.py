"""Times as users write and read them: ISO 8601 outside, UTC microseconds inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from paicha.kernel.errors import UsageError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str, option: str) -> int:
    """Return the UTC microseconds of an ISO 8601 date or time; without a zone it is UTC.

    Raises:
        UsageError: it is neither; `option` says where it stood.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"not a date or time: {text!r}", where=option, remedy="write 2021-11-10 or 2021-11-10T08:30:00+08:00"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)


def format_time(us: int | None) -> str | None:
    """Return the ISO 8601 text, with microseconds and a Z, of a time in UTC microseconds; None of None."""
    if us is None:
        return None
    # NumPy's calendar also holds the absurd years that a damaged capture can name.
    return f"{np.datetime64(us, 'us')}Z"
