"""What kind of thing an item is, learned from the catalogue itself, for catalogues whose items lack categories.

Latent semantic analysis: rows (1 + log tf)·idf of words in at least 3 items, unit length, randomised SVD to 64
dimensions; a word's vector is its row of V times idf; 150 clusters by spherical k-means. All of it is seeded: the same
catalogue gives the same numbers after a restart. Sources: relevance.md section 2, LSA; Halko, Martinsson, Tropp,
Finding structure with randomness, algorithm 4.4; Dhillon, Modha, Concept decompositions, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from haat.search.text.spelling import Hashes
from haat.search.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from scipy import sparse

DIMENSIONS: Final = 64
CLUSTERS: Final = 150
ROUNDS: Final = 15
SAMPLE_ITEMS: Final = 20_000
"""The model is trained on at most so many items, spread evenly; the others are folded in: 3-4 CPU-seconds in all."""
MIN_WORD_ITEMS: Final = 3
_SEED: Final = 20_260_101
_BATCH: Final = 4_096

Floats = npt.NDArray[np.float32]
Bag = tuple[Hashes, npt.NDArray[np.uint16]]
"""An item's distinct token hashes and how often each stands in its combined field."""


@dataclass(frozen=True, slots=True)
class Semantics:
    """A trained model: 256 bytes a word, nothing per item."""

    hashes: Hashes
    """The words it knows, sorted."""
    idf: Floats
    words: Floats
    """(words, 64): one row of V times idf for each word."""
    centres: Floats
    """(clusters, 64), unit length."""

    @classmethod
    def train(cls, bags: Sequence[Bag], vocabulary: Vocabulary) -> "Semantics | None":
        """Learn from all items' words; None when there is too little to learn from (fewer than 256 items or words)."""
        common = vocabulary.frequencies >= MIN_WORD_ITEMS
        hashes = vocabulary.hashes[common]
        if min(len(bags), len(hashes)) < 4 * DIMENSIONS:
            return None
        idf = np.log(vocabulary.items / vocabulary.frequencies[common]).astype(np.float32)
        step = max(1, len(bags) // SAMPLE_ITEMS)
        rows = _rows(bags[::step], hashes, idf)
        random = np.random.default_rng(_SEED)
        basis = _right_vectors(rows, random)
        vectors = _unit(rows @ basis)
        return cls(hashes, idf, basis * idf[:, None], _centres(vectors, random))

    def place(self, bags: Sequence[Bag]) -> tuple[Floats, npt.NDArray[np.int16]]:
        """Unit vectors (n, 64) and clusters of items; an item without known words gets zeros and cluster -1."""
        vectors = np.zeros((len(bags), DIMENSIONS), np.float32)
        clusters = np.full(len(bags), -1, np.int16)
        for start in range(0, len(bags), _BATCH):
            part = slice(start, start + _BATCH)
            # words carries idf already, so the rows must not
            rows = _rows(bags[part], self.hashes, np.ones_like(self.idf))
            vectors[part] = _unit(rows @ self.words)
            clusters[part] = np.argmax(vectors[part] @ self.centres.T, axis=1)
        clusters[~vectors.any(axis=1)] = -1
        return vectors, clusters

    def query(self, tokens: Hashes, weights: Floats) -> Floats | None:
        """The unit vector of a query's words; None when it knows none of them."""
        at = np.searchsorted(self.hashes, tokens)
        at[at == len(self.hashes)] = 0
        known = self.hashes[at] == tokens
        total: Floats = weights[known] @ self.words[at[known]]
        length = float(np.linalg.norm(total))
        return total / np.float32(length) if length > 0 else None


def _rows(bags: Sequence[Bag], hashes: Hashes, idf: Floats) -> "sparse.csr_array":
    """The weighted item by word matrix over the known words."""
    lengths = np.array([len(tokens) for tokens, _ in bags], np.int64)
    tokens = np.concatenate([tokens for tokens, _ in bags]) if bags else np.empty(0, np.uint32)
    counts = np.concatenate([counts for _, counts in bags]) if bags else np.empty(0, np.uint16)
    columns = np.minimum(np.searchsorted(hashes, tokens), len(hashes) - 1)
    known = hashes[columns] == tokens
    rows = np.repeat(np.arange(len(bags)), lengths)[known]
    columns = columns[known]
    values = (1 + np.log(counts[known].astype(np.float32))) * idf[columns]
    norms = np.sqrt(np.bincount(rows, values * values, len(bags))).astype(np.float32)
    shape = (len(bags), len(hashes))
    from scipy import sparse  # scipy costs half a second to import: only who trains or builds pays it

    return sparse.csr_array((values / norms[rows], (rows, columns)), shape=shape, dtype=np.float32)


def _right_vectors(rows: "sparse.csr_array", random: np.random.Generator) -> Floats:
    """(words, 64): the leading right singular vectors."""
    found: Floats = rows @ random.standard_normal((rows.shape[1], DIMENSIONS + 10), np.float32)
    for _ in range(3):
        found = rows @ _orthonormal(rows.T @ _orthonormal(found))
    small = rows.T @ _orthonormal(found)
    _squares, turns = np.linalg.eigh(small.T.astype(np.float64) @ small)
    leading: Floats = small @ turns[:, : -DIMENSIONS - 1 : -1].astype(np.float32)
    return np.ascontiguousarray(leading / np.linalg.norm(leading, axis=0), np.float32)


def _orthonormal(columns: Floats) -> Floats:
    """An orthonormal basis of the columns, by their Gram matrix: a QR of tall matrices costs twenty times as much."""
    squares, turns = np.linalg.eigh(columns.T.astype(np.float64) @ columns)
    scale = np.sqrt(np.maximum(squares, squares[-1] * 1e-12))
    basis: Floats = columns @ (turns / scale).astype(np.float32)
    return basis


def _centres(vectors: Floats, random: np.random.Generator) -> Floats:
    from scipy import sparse  # scipy costs half a second to import: only who trains or builds pays it

    vectors = vectors[vectors.any(axis=1)]
    centres = vectors[random.choice(len(vectors), min(CLUSTERS, len(vectors)), replace=False)]
    for _ in range(ROUNDS):
        nearest = np.argmax(vectors @ centres.T, axis=1)
        sums = sparse.csr_array(
            (np.ones(len(vectors), np.float32), (nearest, np.arange(len(vectors)))), shape=(len(centres), len(vectors))
        )
        moved: Floats = np.asarray(sums @ vectors, np.float32)
        empty = ~moved.any(axis=1)
        moved[empty] = centres[empty]
        centres = _unit(moved)
    return centres


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Floats = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return unit
