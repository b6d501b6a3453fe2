"""Each option of each adapter and of the verifier with each kind of value that Python has: right, refused at start, or closed; never open."""

import pytest
from kinds import ADAPTERS, KINDS, REFUSED
from peer import CREDENTIAL, Peer

from keywright import Verifier

OPTIONS = ("verifier", "url", "credential", "timeout_ms", "max_concurrent", "on_error", "realm", "type_base", "ssl_context", "unknown")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_of_any_type_is_valid_or_refused_at_start_or_closes_the_route(adapter, option):
    peer = Peer()
    for kind, make in KINDS.items():
        peer.asked.clear()
        given = {"url": peer.url, "credential": CREDENTIAL, "on_error": lambda _error: None, option: make()}
        met = ADAPTERS[adapter](given, {"permission": "orders:read"})
        if met == REFUSED:
            continue
        if met[1]:
            assert peer.asked and peer.asked[-1][2]["permissions"] == ["orders:read"], f"{option}: {kind} opened the route"
        else:
            assert met[0] in (500, 503), f"{option}: {kind}: {met}"
    peer.close()


def test_a_verifier_refuses_options_of_a_wrong_type_and_allows_nothing_by_itself():
    peer = Peer(lambda connection, _body: connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}"))
    for kind, make in KINDS.items():
        for option in ("url", "credential", "timeout_ms", "max_concurrent", "on_error", "ssl_context"):
            try:
                Verifier(**{"url": peer.url, "credential": CREDENTIAL, option: make()}).close()
            except (TypeError, ValueError):
                continue
            right = make() is None or (option == "on_error" and callable(make())) or (kind == "a number" and option in ("timeout_ms", "max_concurrent"))
            assert right, f"{option}: {kind}"
    verifier = Verifier(peer.url, CREDENTIAL, on_error=lambda _error: None)
    assert [verifier.verify(make()).allowed for make in KINDS.values()] == [False] * len(KINDS)
    verifier.close()
    peer.close()
