import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from peer import RAW_KEY, admitted, response

QUESTION = {"raw_key": RAW_KEY}


def test_sequential_questions_share_a_connection_and_concurrent_ones_obey_the_maximum(peer_that, verifier_of):
    peer = peer_that()
    verifier = verifier_of(peer.url, max_concurrent=4)
    assert all(verifier.verify(QUESTION).allowed for _ in range(100))
    assert peer.connections == 1
    with ThreadPoolExecutor(32) as threads:
        assert all(decision.allowed for decision in threads.map(lambda _: verifier.verify(QUESTION), range(200)))
    assert peer.connections <= 4


def test_questions_beyond_the_maximum_are_refused_at_once(peer_that, verifier_of):
    verifier = verifier_of(peer_that(lambda *_: None).url, max_concurrent=1)
    with ThreadPoolExecutor(40) as threads:
        decisions = list(threads.map(lambda _: verifier.verify(QUESTION), range(40)))
    assert all(decision.status == 503 for decision in decisions)
    assert sorted(set(verifier.reasons)) == ["overloaded", "timeout"]
    assert verifier.reasons.count("overloaded") == 40 - 33


def test_close_ends_running_and_further_questions(peer_that, verifier_of):
    peer = peer_that(lambda *_: None)
    verifier = verifier_of(peer.url, timeout_ms=20_000)
    decisions = []
    asking = threading.Thread(target=lambda: decisions.append(verifier.verify(QUESTION)))
    asking.start()
    while not peer.asked:
        time.sleep(0.01)
    verifier.close()
    asking.join(5)
    assert [decision.status for decision in decisions] == [503]
    assert verifier.verify(QUESTION).status == 503
    assert verifier.reasons == ["closed", "closed"]


def test_asynchronous_questions_leave_the_loop_free(peer_that, verifier_of):
    def slowly(connection, _body):
        time.sleep(0.1)
        connection.sendall(response(admitted()))

    peer = peer_that(slowly)
    verifier = verifier_of(peer.url, timeout_ms=5000, max_concurrent=8)

    async def ask():
        longest, last, done = 0.0, time.monotonic(), asyncio.gather(*(verifier.verify_async(QUESTION) for _ in range(32)))
        while not done.done():
            await asyncio.sleep(0.002)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return await done, longest

    decisions, longest = asyncio.run(ask())
    assert all(decision.allowed for decision in decisions)
    assert peer.connections <= 8
    assert longest < 0.09, "the loop waited for an answer"


def test_a_cancelled_question_frees_its_slot(peer_that, verifier_of):
    peer = peer_that(lambda *_: None)
    verifier = verifier_of(peer.url, max_concurrent=1)

    async def give_up():
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(verifier.verify_async(QUESTION), 0.05)

    asyncio.run(give_up())
    time.sleep(0.4)
    peer.play = lambda connection, _body: connection.sendall(response(admitted()))
    assert verifier.verify(QUESTION).allowed
    assert verifier._asked == 0


def test_a_fork_shares_neither_connections_nor_locks(peer_that, verifier_of):
    peer = peer_that()
    verifier = verifier_of(peer.url, max_concurrent=1)
    assert verifier.verify(QUESTION).allowed and peer.connections == 1
    verifier._line._lock.acquire()
    verifier._line._slots.acquire()
    child = os.fork()
    if child == 0:
        os._exit(0 if verifier.verify(QUESTION).allowed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert peer.connections == 2
    verifier._line._lock.release()
    verifier._line._slots.release()
    assert verifier.verify(QUESTION).allowed and peer.connections == 2
