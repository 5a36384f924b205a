"""The inputs of the bench: made with the corpus' generator, else from the project's own corpus."""

from itertools import cycle
from pathlib import Path

from tests.accuracy.bulk import generate
from tests.accuracy.mutations import noise
from tests.golden import FOLDER, read

MIB = 1 << 20
ORDINARY_BETWEEN = 2000


def own_texts() -> list[bytes]:
    """Return the golden texts that are one plain panic or fatal error, as the runtime writes it."""
    texts = [read(path).raw for path in sorted(FOLDER.glob("g*.txt"))]
    heads = (b"panic: ", b"fatal error: ")
    return [
        text for text in texts if text.startswith(heads) and b"\ngoroutine " in text and text.endswith(b"\n")
    ]


def own_dumps(path: Path, size: int) -> None:
    """Write crash texts back to back, at least `size` bytes."""
    with path.open("wb") as out:
        for text in cycle(own_texts()):
            out.write(text + b"\n")
            if out.tell() >= size:
                return


def own_mixed(path: Path, lines: int) -> None:
    """Write ordinary lines with a crash after every 2,000."""
    texts = cycle(own_texts())
    with path.open("wb") as out:
        for number in range(lines):
            out.write(noise(number))
            if number % ORDINARY_BETWEEN == ORDINARY_BETWEEN - 1:
                out.write(next(texts))


def make(corpus: Path | None, folder: Path, lines: int, dumps_mb: int) -> str:
    """Make dumps.txt and mixed.txt in the folder; return where their texts are from."""
    if corpus and (corpus.resolve().parent / "tools" / "bench_inputs.py").is_file():
        generate(corpus, folder, lines, dumps_mb)
        return "the corpus' generator"
    own_dumps(folder / "dumps.txt", dumps_mb * MIB)
    own_mixed(folder / "mixed.txt", lines)
    return "tests/corpus"
