"""Places of India, and of the made-up country that other tests deliver in."""

import pytest

from haat.serviceability.adapters.india import IndiaPlaces
from haat.serviceability.ports import Places
from tests.contracts.places import PlacesContract
from tests.serviceability.worlds import GridPlaces


class TestIndiaPlaces(PlacesContract):
    @pytest.fixture
    def places(self) -> Places:
        return IndiaPlaces()


class TestGridPlaces(PlacesContract):
    @pytest.fixture
    def places(self) -> Places:
        return GridPlaces()
