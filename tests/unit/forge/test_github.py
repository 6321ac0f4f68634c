"""Reading a forge's lists, however long they are or claim to be."""

from collections.abc import Iterator

import pytest

from drift.errors import OutputError
from drift.forge.github import MOST_PAGES, GitHub
from drift.forge.sticky import keep, marker
from tests.unit.forge.servers import plain, serving


def endless(_: bytes) -> Iterator[bytes]:
    yield plain(b"[]", b'Link: <https://example.com>; rel="next"')


@pytest.mark.parametrize("kind", ["comments", "issues"])
def test_a_list_without_an_end_is_an_error_and_nothing_is_written(kind: str) -> None:
    with serving(endless) as served:
        github = GitHub(served.url, "acme/limits", "token")
        thread = github.comments(7) if kind == "comments" else github.issues("title", ())
        with pytest.raises(OutputError, match="GitHub lists more than 20,000 entries; nothing was written"):
            keep(thread, marker("drift"), "text", clean=False)

    assert len(served.asked) == MOST_PAGES
    assert {request.split()[0] for request in served.asked} == {b"GET"}


def test_a_forge_that_answers_something_else_is_no_empty_forge() -> None:
    with serving(lambda _: iter([plain(b"<html>")])) as served:
        github = GitHub(served.url, "acme/limits", "token")
        with pytest.raises(OutputError, match="something else than its API documents"):
            keep(github.comments(7), marker("drift"), "text", clean=False)
