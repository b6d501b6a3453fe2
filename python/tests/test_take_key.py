import pytest
from peer import RAW_KEY

from keywright import take_key


def code_of(*lines):
    taken = take_key(lines)
    return taken if isinstance(taken, str) else f"{taken.status} {taken.code}"


def test_the_key_is_returned_unchanged_for_any_case_of_the_header_name():
    assert code_of(("Host", "a"), ("x-aPi-kEY", RAW_KEY)) == RAW_KEY
    assert code_of(("X-API-Key", f'"{RAW_KEY}"')) == f'"{RAW_KEY}"'
    assert code_of(("X-API-Key", "a" * 512)) == "a" * 512


@pytest.mark.parametrize(
    "lines",
    [
        [("X-API-Key", "a"), ("x-api-key", "b")],
        [("X-API-Key", RAW_KEY), ("X-API-Key", RAW_KEY)],
        [("X-API-Key", ""), ("X-API-Key", RAW_KEY)],
        [("X-API-Key", "a,b")],
        [("X-API-Key", "a"), ("Authorization", "")],
        [("authorization", "Basic eA=="), ("X-API-Key", "a")],
    ],
)
def test_two_credentials_are_refused(lines):
    assert code_of(*lines) == "400 multiple_credentials"


def test_an_absent_key_is_missing_and_a_long_key_is_invalid():
    for lines in ([], [("X-API-Key", "")], [("X-API-Key", " \t")], [("Authorization", "Bearer x")]):
        assert code_of(*lines) == "401 key_missing"
    assert code_of(("X-API-Key", "a" * 513)) == "401 key_invalid"


def test_more_than_a_hundred_header_lines_are_refused_first():
    lines = [(f"X-{index}", "1") for index in range(99)]
    assert code_of(*lines, ("X-API-Key", RAW_KEY)) == RAW_KEY
    assert code_of(*lines, ("X-One-More", "1"), ("X-API-Key", RAW_KEY)) == "431 headers_too_large"
