"""What every country's postal data promises (haat.serviceability.ports.Places)."""

from haat.serviceability.ports import Places


class PlacesContract:
    """Promises P1-P2. Countries bind by a `places` fixture."""

    def test_p1_each_pin_code_comes_once_in_ascending_order(self, places: Places) -> None:
        pincodes = [known.pincode for known in places.pincodes()]
        assert pincodes == sorted(set(pincodes))
        assert all(len(pin) == 6 and pin.isdigit() for pin in pincodes)

    def test_p2_the_same_hubs_come_in_the_same_order(self, places: Places) -> None:
        hubs = places.hubs()
        assert hubs == places.hubs()
        assert all(-90 <= hub.latitude <= 90 and -180 <= hub.longitude <= 180 and hub.name for hub in hubs)

    def test_a_place_is_where_the_list_says(self, places: Places) -> None:
        known = places.pincodes()
        for one in (known[0], known[len(known) // 2], *[p for p in known if p.latitude is None][:2]):
            at = None if one.latitude is None or one.longitude is None else (one.latitude, one.longitude)
            assert places.locate(one.pincode) == at
        assert places.locate("199999") is None
