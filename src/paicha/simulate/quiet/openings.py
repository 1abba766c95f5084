"""How connections begin: TLS handshakes and upgrades to WebSocket, by their sizes on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.simulate.quiet.draft import PLAIN, TLS12_CBC, TLS12_CHACHA, TLS12_GCM, TLS13, Events

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.simulate.quiet.draft import Draft


def draw_security(draft: Draft, tls_part: float) -> None:
    """Decide per session whether and how it is protected; TLS 1.3 in seven of ten (assumed)."""
    kinds = draft.rng.choice([TLS13, TLS12_GCM, TLS12_CHACHA, TLS12_CBC], draft.n, p=[0.7, 0.21, 0.05, 0.04])
    draft.security = np.where(draft.happens(tls_part), kinds, PLAIN)


def shake_hands(draft: Draft) -> None:
    """Add the TLS handshakes of the protected sessions.

    Sizes: ClientHello 190 to 600 bytes, 517 in half of the sessions (RFC 7685 padding), 1.7 kB with ML-KEM in one of
    six; the server's flight with its chain 1.8 to 5.5 kB; Finished with Change Cipher Spec 64 or 80 (RFC 8446), with
    the key exchange 93 or 126 (RFC 5246); none to two session tickets.
    """
    rng, n = draft.rng, draft.n
    is_13, is_tls = draft.security == TLS13, draft.security != PLAIN
    hello = np.where(draft.happens(0.5), 517.0, draft.spread(190, 600))
    hello = np.where(is_13 & draft.happens(1 / 6), draft.between(1690, 1860), hello)
    flight = draft.spread(1800, 5500)
    finish = np.where(is_13, draft.pick(64, 64, 80), draft.pick(93, 126))
    begin = draft.start + draft.rtt + 0.0006
    _add(draft, is_tls, begin, True, hello)
    _add(draft, is_tls, begin + draft.rtt + draft.spread(0.0005, 0.01), False, flight)
    third = begin + draft.rtt * 1.02 + 0.013
    _add(draft, is_tls, third, True, finish)
    fourth = third + draft.rtt + 0.0008
    _add(draft, is_tls & ~is_13, fourth, False, draft.pick(51, 75, 242, 258))
    tickets = rng.choice([0, 1, 2], n, p=[0.2, 0.3, 0.5])
    ticket = draft.pick(223, 239, 255, 271, 303)
    _add(draft, is_13 & (tickets >= 1), fourth, False, ticket)
    _add(draft, is_13 & (tickets == 2), fourth + 0.00005, False, ticket)


def upgrade(draft: Draft) -> None:
    """Add the request that makes HTTP a WebSocket and its answer (RFC 6455 4)."""
    moment = Events(np.arange(draft.n), draft.start + 3.2 * draft.rtt + 0.02)
    draft.say(moment, True, draft.around(moment, draft.spread(230, 1200)))
    draft.say(draft.after(moment, 0.004), False, draft.around(moment, draft.spread(129, 420)))


def _add(draft: Draft, sessions: NDArray[np.bool_], time: NDArray[np.float64], to_server: bool, size: object) -> None:
    rows = np.flatnonzero(sessions)
    draft.say_raw(Events(rows, time[rows]), to_server, np.asarray(size)[rows])
