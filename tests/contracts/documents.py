"""What every document store promises (haat.engines.documents.ports)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from haat.engines.documents import WORD, Document, Documents, MovableDocuments, Put, Whole
from haat.engines.outgoing import Outgoing, OutgoingSource
from haat.engines.sql.ports import Refused
from haat.errors import Invalid, Unavailable
from tests.contracts.machines import Machine
from tests.contracts.rigs import DEADLINE_S, Breakable, Rigs, play


class DocumentsRig(Breakable, Protocol):
    """Two collections of one engine, and the outgoing rows of both."""

    documents: MovableDocuments
    others: Documents
    source: OutgoingSource

    def crash_point(self) -> None:
        """Remember what a process that died now would leave. May be called on any thread."""

    async def found(self) -> tuple[Documents, OutgoingSource]:
        """The engine as a new process finds it after the last crash point."""

    async def crash_inside(self, put: Put) -> None:
        """Write a put, with a crash point between its document and its outgoing rows."""


def sent(number: int) -> list[Outgoing]:
    return [Outgoing(f"evt-{number}", "items", "itm", str(number).encode(), 1)]


async def unsent(source: OutgoingSource) -> list[str]:
    return [row.value.decode() for row in await source.unsent(1_000)]


class DocumentsContract:
    """P1 to P10 of the Documents port."""

    @pytest.fixture
    async def rig(self, rigs: Rigs[DocumentsRig]) -> AsyncIterator[DocumentsRig]:
        async with rigs() as rig:
            yield rig

    async def test_p1_body_keys_and_outgoing_rows_survive_together(self, rig: DocumentsRig) -> None:
        assert await rig.documents.put([Put("a", b"{}", 0, {"code": "x"}, sent(1))]) == [True]
        rig.crash_point()
        documents, source = await rig.found()
        assert await documents.get(["a"]) == {"a": Document("a", 1, b"{}")}
        assert await documents.find("code", "x") == [Document("a", 1, b"{}")]
        assert await unsent(source) == ["1"]

    async def test_p1_a_crash_between_two_writes_leaves_neither(self, rig: DocumentsRig) -> None:
        await rig.crash_inside(Put("a", b"{}", 0, {"code": "x"}, sent(1)))
        documents, source = await rig.found()
        assert await documents.get(["a"]) == {}
        assert await documents.find("code", "x") == []
        assert await unsent(source) == []

    async def test_p2_a_stale_put_changes_nothing_and_its_neighbours_go_on(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put("a", b"1", 0, {"code": "old"})])
        answers = await rig.documents.put(
            [
                Put("a", b"again", 0, {"code": "new"}, sent(1)),
                Put("b", b"first", 0, {}, sent(2)),
                Put("a", b"too new", 2, {"code": "new"}, sent(3)),
                Put("c", b"not there", 1, {}, sent(4)),
            ]
        )
        assert answers == [False, True, False, False]
        assert await rig.documents.get(["a", "b", "c"]) == {
            "a": Document("a", 1, b"1"),
            "b": Document("b", 1, b"first"),
        }
        assert await unsent(rig.source) == ["2"]
        assert await rig.documents.find("code", "new") == []

    async def test_p3_of_many_writers_of_a_version_one_wins(self, rig: DocumentsRig) -> None:
        for expects in range(3):
            answers = await asyncio.gather(
                *(rig.documents.put([Put("a", b"%d" % n, expects, {}, sent(expects * 100 + n))]) for n in range(20))
            )
            assert sum(answer == [True] for answer in answers) == 1
            winner = answers.index([True])
            assert await rig.documents.get(["a"]) == {"a": Document("a", expects + 1, b"%d" % winner)}
        assert len(await unsent(rig.source)) == 3

    async def test_p4_versions_grow_by_one_also_inside_a_batch(self, rig: DocumentsRig) -> None:
        puts = [Put("a", b"%d" % n, n, {"n": str(n)}, sent(n)) for n in range(5)]
        assert await rig.documents.put(puts) == [True] * 5
        assert await rig.documents.get(["a"]) == {"a": Document("a", 5, b"4")}
        assert await unsent(rig.source) == ["0", "1", "2", "3", "4"]
        assert [await rig.documents.find("n", str(n)) for n in range(4)] == [[], [], [], []]

    async def test_p5_get_answers_what_exists(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put(f"id-{n:04}", b"%d" % n, 0) for n in range(1_500)])
        wanted = [f"id-{n:04}" for n in range(0, 3_000, 2)]
        found = await rig.documents.get([*wanted, wanted[0]])
        assert found == {f"id-{n:04}": Document(f"id-{n:04}", 1, b"%d" % n) for n in range(0, 1_500, 2)}
        assert await rig.documents.get([]) == {}

    async def test_p6_find_follows_the_newest_keys_page_by_page(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put(f"id-{n}", b"", 0, {"brand": "ash", "code": str(n)}) for n in range(9)])
        await rig.documents.put([Put("id-3", b"", 1, {"brand": "oak"}), Put("id-4", b"", 1)])
        pages, after = [], ""
        while page := await rig.documents.find("brand", "ash", after, limit=3):
            pages += [document.id for document in page]
            after = page[-1].id
        assert pages == [f"id-{n}" for n in (0, 1, 2, 5, 6, 7, 8)]
        assert [document.id for document in await rig.documents.find("brand", "oak")] == ["id-3"]
        assert await rig.documents.find("code", "3") == []
        assert await rig.documents.find("code", "ash") == []

    async def test_p7_scan_visits_each_once_while_others_come(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put(f"id-{n:03}", b"", 0) for n in range(0, 100, 2)])
        seen, after = [], ""
        while page := await rig.documents.scan(after, limit=7):
            seen += [document.id for document in page]
            after = page[-1].id
            number = len(seen) % 100
            await rig.documents.put([Put(f"id-{number // 2 * 2 + 1:03}", b"", 0), Put(page[0].id, b"new", 1)])
        assert seen == sorted(set(seen))
        assert {f"id-{n:03}" for n in range(0, 100, 2)} <= set(seen)

    async def test_p10_a_document_is_found_by_the_beginnings_of_its_newest_words(self, rig: DocumentsRig) -> None:
        words = {"a": ["tent", "tents", "red"], "b": ["ten"], "c": ["teapot", "category:out.tents"], "d": []}
        await rig.documents.put([Put(id_, b"{}", 0, {"code": "tent"}, (), words[id_]) for id_ in words])
        await rig.others.put([Put("x", b"{}", 0, {}, (), ["tent"])])

        async def starting(beginning: str, limit: int = 100) -> list[str]:
            return sorted(one.id for one in await rig.documents.starting(beginning, limit))

        assert await starting("ten") == ["a", "b"]
        assert await starting("tent") == ["a"]
        assert await starting("te") == ["a", "b", "c"]
        assert len(await starting("te", 2)) == 2
        assert await starting("category:out.") == ["c"]
        assert await starting("tex") == []
        assert [one.id for one in await rig.documents.find(WORD, "ten")] == ["b"]
        assert await rig.documents.put([Put("a", b"[]", 1, {}, (), ["झोला", "100%=x"])]) == [True]
        assert await starting("ten") == ["b"]
        assert [await starting(word) for word in ("झो", "100%", "100%=x")] == [["a"]] * 3
        assert (await rig.documents.starting("झोला"))[0] == Document("a", 2, b"[]")

    async def test_p8_bodies_come_back_byte_for_byte(self, rig: DocumentsRig) -> None:
        hostile = ["", "\x01", "'; DROP TABLE documents; --", "नमस्ते", "\u202eright", "😀" * 50, "%_\\"]
        await rig.documents.put([Put(f"id-{text}", text.encode(), 0, {"k": text}) for text in hostile])
        for text in hostile:
            expected = Document(f"id-{text}", 1, text.encode())
            assert await rig.documents.get([f"id-{text}"]) == {f"id-{text}": expected}
            assert await rig.documents.find("k", text) == [expected]

    async def test_p8_a_nul_is_kept_in_values_and_refused_in_ids(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put("a", b"\x00", 0, {"k": "x\x00y"})])
        assert await rig.documents.find("k", "x\x00y") == [Document("a", 1, b"\x00")]
        assert await rig.documents.find("k", "x") == []
        with pytest.raises(Invalid):
            await rig.documents.put([Put("b", b"", 0), Put("a\x00", b"", 0)])
        assert await rig.documents.get(["a\x00", "b"]) == {}

    async def test_p8_collections_do_not_see_each_other(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put("a", b"ours", 0, {"k": "v"})])
        await rig.others.put([Put("a", b"theirs", 0, {"k": "v"}), Put("b", b"theirs", 0)])
        assert await rig.documents.scan() == [Document("a", 1, b"ours")]
        assert await rig.documents.find("k", "v") == [Document("a", 1, b"ours")]
        assert (await rig.others.get(["a"]))["a"].body == b"theirs"

    async def test_p11_what_was_brought_is_there_whole(self, rig: DocumentsRig) -> None:
        keys = {"seller=%": "a=b%3D", "code": "", "ascii": "\U0001f48d "}
        whole = [Whole("a", 7, b"{}", keys, ("brass", "lamp=%")), Whole("b", 1, b"\xff\x00", {})]
        await rig.documents.bring([(whole[0], sent(1) + sent(2)), (whole[1], [])])
        rig.crash_point()
        assert await rig.documents.whole() == whole
        assert await rig.documents.whole("a", 1) == whole[1:]
        assert await rig.others.scan() == []
        documents, source = await rig.found()
        assert await documents.get(["a"]) == {"a": Document("a", 7, b"{}")}
        assert [one.id for one in await documents.find("seller=%", "a=b%3D")] == ["a"]
        assert [one.id for one in await documents.starting("la")] == ["a"]
        assert await unsent(source) == ["1", "2"]
        assert await rig.documents.put([Put("a", b"[]", 6), Put("a", b"[]", 7)]) == [False, True]

    async def test_p11_a_document_that_is_there_is_not_written_over(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put("a", b"kept", 0)])
        with pytest.raises(Refused):
            await rig.documents.bring([(Whole("a", 3, b"new", {}), sent(1))])
        assert await rig.documents.get(["a"]) == {"a": Document("a", 1, b"kept")}
        assert await unsent(rig.source) == []

    async def test_p9_an_engine_that_is_down_says_unavailable_in_time(self, rig: DocumentsRig) -> None:
        await rig.documents.put([Put("a", b"kept", 0)])
        await rig.down()
        async with asyncio.timeout(DEADLINE_S):
            for call in (
                rig.documents.get(["a"]),
                rig.documents.put([Put("b", b"", 0)]),
                rig.documents.find("k", "v"),
                rig.documents.scan(),
                rig.documents.ping(),
                rig.documents.whole(),
                rig.documents.bring([(Whole("b", 2, b"", {}), [])]),
            ):
                with pytest.raises(Unavailable):
                    await call
        await rig.up()
        await rig.documents.ping()
        assert await rig.documents.scan() == [Document("a", 1, b"kept")]

    def test_model_of_a_collection(self, rigs: Rigs[DocumentsRig]) -> None:
        play(lambda: DocumentsMachine(rigs))


IDS = st.sampled_from(["a", "b", "c"])
PUTS = st.builds(
    lambda which, expects, value: Put(which, value.encode(), expects, {"k": value}),
    IDS,
    st.integers(0, 3),
    st.sampled_from(["x", "y"]),
)


class DocumentsMachine(Machine[DocumentsRig]):
    """A dict of (version, body) is the model, and a list of what must be sent."""

    def __init__(self, rigs: Rigs[DocumentsRig]) -> None:
        super().__init__(rigs)
        self.model: dict[str, tuple[int, bytes]] = {}
        self.sent: list[str] = []
        self.number = 0

    @rule(puts=st.lists(PUTS, max_size=4))
    def put(self, puts: list[Put]) -> None:
        numbered = []
        expected = []
        for put in puts:
            self.number += 1
            numbered.append(Put(put.id, put.body, put.expects, put.keys, sent(self.number)))
            current = self.model.get(put.id, (0, b""))[0] == put.expects
            expected.append(current)
            if current:
                self.model[put.id] = (put.expects + 1, put.body)
                self.sent.append(str(self.number))
        assert self.wait(self.rig.documents.put(numbered)) == expected

    @rule()
    def restart(self) -> None:
        self.wait(self.rig.down())
        self.wait(self.rig.up())

    @rule(ids=st.lists(IDS, max_size=4))
    def get(self, ids: list[str]) -> None:
        expected = {one: Document(one, *self.model[one]) for one in ids if one in self.model}
        assert self.wait(self.rig.documents.get(ids)) == expected

    @rule(value=st.sampled_from(["x", "y"]))
    def find(self, value: str) -> None:
        expected = [Document(one, *kept) for one, kept in sorted(self.model.items()) if kept[1] == value.encode()]
        assert self.wait(self.rig.documents.find("k", value)) == expected

    @invariant()
    def equal(self) -> None:
        expected = [Document(one, *kept) for one, kept in sorted(self.model.items())]
        assert self.wait(self.rig.documents.scan()) == expected
        assert self.wait(unsent(self.rig.source)) == self.sent
