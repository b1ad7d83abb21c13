"""The list of topics that are made before: those of all messages, and no other."""

from importlib import import_module
from pkgutil import walk_packages

import haat
from haat.shop import TOPICS


def test_every_message_has_its_topic_in_the_list() -> None:
    modules = [one.name for one in walk_packages(haat.__path__, "haat.") if one.name.endswith(".messages")]
    assert len(modules) > 5
    things = [thing for name in modules for thing in vars(import_module(name)).values() if isinstance(thing, type)]
    topics = {vars(thing).get("topic") for thing in things}
    assert {topic for topic in topics if isinstance(topic, str)} == set(TOPICS)
