import socket
import struct
import time

import pytest
from peer import CREDENTIAL, RAW_KEY, admitted, denied, response

from keywright import Verifier

QUESTION = {"raw_key": RAW_KEY}


def sends(*args, **more):
    return lambda connection, _body: connection.sendall(response(*args, **more))


def refuses(verifier, reason):
    """Asserts a 503 with a time to wait, and that the cause is reported."""
    began = time.monotonic()
    decision = verifier.verify(QUESTION)
    assert (decision.allowed, decision.status, decision.code, decision.headers) == (False, 503, "unavailable", {"Retry-After": "1"})
    assert verifier.reasons == [reason]
    assert time.monotonic() - began < 2
    assert RAW_KEY not in repr(decision) and CREDENTIAL not in repr(decision)


def test_the_question_goes_below_the_url_with_the_credential_as_json(peer_that, verifier_of):
    peer = peer_that()
    question = {"raw_key": RAW_KEY, "tenant_id": "caf\u00e9", "permissions": ["orders:read"], "cost": 2, "request": {"method": "GET", "path": "/x"}}
    decision = verifier_of(f"{peer.url}/behind/a/proxy/").verify(question)
    assert decision.allowed and decision.tenant.id == "acme"
    path, headers, body = peer.asked[0]
    assert path == "/behind/a/proxy/api/v1/verify"
    assert headers["authorization"] == f"Bearer {CREDENTIAL}" and headers["content-type"] == "application/json"
    assert body == question


def test_a_denial_is_returned_unchanged(peer_that, verifier_of):
    decision = verifier_of(peer_that(sends(denied(404, "not_found"))).url).verify(QUESTION)
    assert (decision.allowed, decision.status, decision.code, decision.request_id) == (False, 404, "not_found", "req_denied")


def test_a_refused_connection_is_unavailable(verifier_of):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    refuses(verifier_of(f"http://127.0.0.1:{port}"), "network")


def test_silent_and_slow_answers_end_at_the_deadline(peer_that, verifier_of):
    refuses(verifier_of(peer_that(lambda *_: None).url), "timeout")

    def drip(connection, _body):
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    refuses(verifier_of(peer_that(drip).url), "timeout")

    def drip_headers(connection, _body):
        connection.sendall(b"HTTP/1.1 200 X\r\n")
        for _ in range(50):
            connection.sendall(b"X: y\r\n")
            time.sleep(0.05)

    refuses(verifier_of(peer_that(drip_headers).url), "timeout")


def test_a_connection_lost_before_or_during_the_answer_is_unavailable(peer_that, verifier_of):
    def reset(connection, _body):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    refuses(verifier_of(peer_that(reset).url), "network")

    def half(connection, _body):
        connection.sendall(response(admitted())[:-20])
        return False

    refuses(verifier_of(peer_that(half).url), "network")

    def half_chunk(connection, _body):
        connection.sendall(b'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"allowed":true')
        return False

    refuses(verifier_of(peer_that(half_chunk).url), "network")


def test_an_answer_that_is_not_http_is_unavailable(peer_that, verifier_of):
    def banner(connection, _body):
        connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
        return False

    refuses(verifier_of(peer_that(banner).url), "network")


@pytest.mark.parametrize(
    "status, reason",
    [(500, "server_error"), (503, "server_error"), (401, "credential_refused"), (403, "credential_refused"), (400, "question_refused"), (201, "answer_malformed")],
)
def test_an_error_status_is_unavailable_whatever_the_body_contains(peer_that, verifier_of, status, reason):
    refuses(verifier_of(peer_that(sends(admitted(), status)).url), reason)


def test_a_redirect_is_not_followed(peer_that, verifier_of):
    elsewhere = peer_that()
    refuses(verifier_of(peer_that(sends(admitted(), 307, f"Location: {elsewhere.url}/\r\n")).url), "redirect")
    assert elsewhere.asked == []


def test_a_malformed_or_too_large_answer_is_unavailable(peer_that, verifier_of):
    refuses(verifier_of(peer_that(sends({"allowed": True})).url), "answer_malformed")
    refuses(verifier_of(peer_that(sends(b"<html>")).url), "answer_malformed")
    refuses(verifier_of(peer_that(sends(admitted(padding="x" * 70_000))).url), "answer_too_large")

    def endless(connection, _body):
        connection.sendall(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1000\r\n" + b" " * 0x1000 + b"\r\n")

    refuses(verifier_of(peer_that(endless).url), "answer_too_large")


def test_answers_in_chunks_and_those_that_end_their_connection_are_read(peer_that, verifier_of):
    body = response(admitted()).split(b"\r\n\r\n", 1)[1]
    chunked = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    verifier = verifier_of(peer_that(lambda connection, _body: connection.sendall(chunked)).url)
    assert verifier.verify(QUESTION).allowed and verifier.verify(QUESTION).allowed

    def once(connection, _body):
        connection.sendall(b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n" + body)
        return False

    peer = peer_that(once)
    verifier = verifier_of(peer.url)
    assert verifier.verify(QUESTION).allowed and verifier.verify(QUESTION).allowed
    assert peer.connections == 2


def test_a_connection_that_was_closed_while_idle_is_replaced(peer_that, verifier_of):
    peer = peer_that()
    verifier = verifier_of(peer.url)
    assert verifier.verify(QUESTION).allowed
    peer.close_idle()
    assert verifier.verify(QUESTION).allowed
    # This one is open until the question is there.
    answers = iter([True, False])
    peer.play = lambda connection, _body: connection.sendall(response(admitted())) if next(answers, True) else False
    assert verifier.verify(QUESTION).allowed and verifier.verify(QUESTION).allowed
    assert verifier.reasons == []


def test_unsolicited_data_is_never_an_answer(peer_that, verifier_of):
    peer = peer_that(lambda connection, _body: connection.sendall(response(denied(401, "key_invalid")) + response(admitted())))
    verifier = verifier_of(peer.url)
    for _ in range(3):
        assert not verifier.verify(QUESTION).allowed
        time.sleep(0.02)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8787", "ftp://a", "http://", "http://u:p@a", "http://a?x=1", "http://a#b", "http://a/ b", "http://a:99999", None])
def test_an_invalid_url_is_refused_at_start(url):
    with pytest.raises(ValueError):
        Verifier(url, CREDENTIAL)


def test_other_invalid_options_are_refused_without_the_credential_in_the_text():
    for options in ({"timeout_ms": 0}, {"timeout_ms": True}, {"max_concurrent": 5000}, {"timeout_ms": "2"}):
        with pytest.raises(ValueError):
            Verifier("http://127.0.0.1:1", CREDENTIAL, **options)
    for credential in ("", "kw_prod_x", "kws_a b", "kws_a\n", None):
        with pytest.raises(ValueError) as raised:
            Verifier("http://127.0.0.1:1", credential)
        assert not credential or credential not in str(raised.value)


def test_a_question_that_cannot_be_sent_is_unavailable(peer_that, verifier_of):
    peer = peer_that()
    verifier = verifier_of(peer.url)
    assert verifier.verify({"raw_key": RAW_KEY, "cost": float("nan")}).status == 503
    assert verifier.verify({"raw_key": RAW_KEY, "tenant_id": object()}).status == 503
    assert verifier.verify({"raw_key": "\ud800"}).allowed
    assert verifier.reasons == ["question_refused", "question_refused"]
