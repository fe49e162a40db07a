"""Golden values for the bag-of-words regression, from scikit-learn.

Writes stages/train/bagofwords/testdata/golden.json: made-up documents of token
ids, labels, and decision_function on documents that were not trained on, by
TfidfTransformer and LogisticRegression at a tight tolerance. Run from the
repository root: python oracle/bag_of_words.py
"""

import json
import pathlib

import numpy as np
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

OUT = pathlib.Path("stages/train/bagofwords/testdata/golden.json")
VOCABULARY = 40  # the last five occur in test documents only
LABELS = 5


def documents(rng, n, words):
    """Documents with repeated words; the first has none."""
    out = [rng.choice(words, size=rng.integers(1, 20), p=zipf(words)).tolist() for _ in range(n)]
    out[0] = []
    return out


def zipf(words):
    share = 1 / np.arange(2, words + 2)
    return share / share.sum()


def counts(docs):
    x = np.zeros((len(docs), VOCABULARY))
    for row, ids in enumerate(docs):
        np.add.at(x[row], ids, 1)
    return x


def decision(x, y, test, **settings):
    """lbfgs as clinflow has it, held against another solver."""
    tight = dict(tol=1e-12, max_iter=100000, **settings)
    got = LogisticRegression(**tight).fit(x, y).decision_function(test)
    other = LogisticRegression(solver="newton-cholesky", **tight).fit(x, y).decision_function(test)
    assert np.abs(got - other).max() < 1e-5, "scikit-learn's own solvers disagree"
    return got.reshape(len(got), -1).tolist()


def main():
    rng = np.random.default_rng(7)
    train, test = documents(rng, 90, VOCABULARY - 5), documents(rng, 15, VOCABULARY)
    transformer = TfidfTransformer().fit(counts(train))
    x, held_out = (transformer.transform(counts(docs)) for docs in (train, test))
    noise = rng.normal(size=(len(train), 4))
    signal = x.toarray()[:, :4] * 3 + noise
    binary = (signal[:, 0] > 0.9).astype(int)
    classes = signal.argmax(axis=1)
    sets = [[k for k in range(LABELS) if k < 3 and signal[row, k] > 0.8 or k == 4] for row in range(len(train))]
    cases = []
    for weights in (None, "balanced"):
        for c in (1.0, 20.0):
            for name, y, n in (("binary", binary, 2), ("multiclass", classes, 4)):
                z = decision(x, y, held_out, C=c, class_weight=weights)
                cases.append(dict(name=name, classes=n, c=c, balanced=weights is not None, labels=y.tolist(), decision=z))
    per_label = []  # null where train has one kind only: scikit-learn refuses to fit it
    for label in range(LABELS):
        y = np.array([label in s for s in sets]).astype(int)
        per_label.append(np.ravel(decision(x, y, held_out, C=1.0)).tolist() if 0 < y.sum() < len(y) else None)
    golden = dict(train=train, test=test, tfidf=held_out.toarray().tolist(), cases=cases, sets=sets, per_label=per_label)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
