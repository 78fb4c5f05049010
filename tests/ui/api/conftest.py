"""One office for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ui.api.office import Office, open_office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(tmp_path_factory.mktemp("office")) as office:
        yield office
