import os
import re

from keywright import CODES

CODES_TS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../client/src/codes.ts")


def test_the_table_is_that_of_the_javascript_client():
    with open(CODES_TS, encoding="utf-8") as file:
        lines = re.findall(r'^\t(\w+): \{ status: (\d+), title: "([^"]+)" \},$', file.read(), re.M)
    assert len(lines) > 15
    assert [(code, int(status), title) for code, status, title in lines] == [(code, *entry) for code, entry in CODES.items()]
