import json
import os
import random

from keywright.path import is_ambiguous_decoded, is_ambiguous_path

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../e2e/vectors/paths.json"), encoding="utf-8") as file:
    VECTORS = json.load(file)


def test_guard_and_server_refuse_the_same_ambiguous_paths():
    found = {vector["path"]: is_ambiguous_path(vector["path"]) for vector in VECTORS}
    assert found == {vector["path"]: vector["ambiguous"] for vector in VECTORS}


def test_each_byte_is_refused_encoded_where_it_is_ambiguous():
    plain = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./\\%")
    for byte in range(256):
        ambiguous = byte < 0x20 or byte >= 0x7F or chr(byte) in plain
        assert is_ambiguous_path(f"/a%{byte:02x}") == is_ambiguous_path(f"/a%{byte:02X}") == ambiguous, hex(byte)
        raw = byte <= 0x20 or byte >= 0x7F or chr(byte) in "\\;#?%"
        assert is_ambiguous_path(f"/a{chr(byte)}b") == raw, hex(byte)


def test_a_long_path_is_checked_quickly():
    generator = random.Random(7)
    for piece in ("/a", "%c3%a9", "a", "%", "/..", "%c3"):
        is_ambiguous_path("/" + piece * 20_000)
    for _ in range(200):
        is_ambiguous_path("/" + "".join(generator.choice(["/", "a", ".", "%c3", "%a9", "%20", "%"]) for _ in range(500)))


def test_a_decoded_path_is_refused_if_its_ambiguity_is_still_visible():
    for path in ("//a", "/a//b", "/a/../b", "/a/.", "a", "http://host/a", "/a\\b", "/a%2fb", "/a\x00", "/a\n", "/\ufffd"):
        assert is_ambiguous_decoded(path), path
    for path in ("", "/", "/a/", "/caf\u00e9/a b", "/a;b"):
        assert not is_ambiguous_decoded(path), path
