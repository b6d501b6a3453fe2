import os
import sys

import pytest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

from peer import CREDENTIAL, Peer  # noqa: E402

from keywright import Verifier  # noqa: E402


@pytest.fixture
def peer_that():
    peers = []

    def start(play=None):
        peers.append(Peer(play))
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


@pytest.fixture
def verifier_of():
    """Creates verifiers that record reported reasons in `.reasons`."""
    made = []

    def make(url, **options):
        reasons = []
        verifier = Verifier(url, CREDENTIAL, **{"timeout_ms": 300, "on_error": lambda error: reasons.append(error.reason), **options})
        verifier.reasons = reasons
        made.append(verifier)
        return verifier

    yield make
    for verifier in made:
        verifier.close()
