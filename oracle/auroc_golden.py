"""Golden AUROC values from scikit-learn.

Writes internal/auroc/testdata/auroc.json (scores given) and
stages/eval/testdata/predictions.json (logits given, as a prediction holds them).
Run at the repository's root: python oracle/auroc_golden.py
"""

import json
import pathlib

import numpy as np
import sklearn
from scipy.special import expit, softmax
from sklearn.metrics import roc_auc_score


def binary_cases(rng):
    def labels(n, share):
        y = (rng.random(n) < share).astype(int)
        y[:2] = 0, 1
        return y

    def case(name, scores, y):
        scores = np.asarray(scores, dtype=np.float64)
        return dict(name=name, scores=scores.tolist(), labels=y.tolist(), auroc=roc_auc_score(y, scores))

    y = labels(400, 0.3)
    yield case("continuous", rng.normal(size=400) + y, y)
    y = labels(700, 0.5)
    yield case("many ties", rng.integers(0, 6, 700) + rng.integers(0, 3, 700) * y, y)
    yield case("all tied", np.full(50, 0.25), labels(50, 0.5))
    y = labels(300, 0.4)
    yield case("float32", (rng.normal(size=300) + y).astype(np.float32), y)
    y = labels(300, 0.4)
    yield case("float32 softmax near one", softmax((rng.normal(size=(300, 2)) * 6 + y[:, None] * [0, 8]).astype(np.float32), axis=1)[:, 1], y)
    y = labels(200, 0.5)
    yield case("extreme sizes", rng.choice([-1e300, -1e-300, 0.0, 1e-300, 5e-324, 1e300], 200) * (1 + y), y)
    y = np.zeros(1500, dtype=int)
    y[777] = 1
    yield case("one positive", rng.integers(0, 40, 1500), y)
    yield case("one negative", rng.integers(0, 40, 1500), 1 - y)
    yield case("two examples", [0.5, 0.1], np.array([1, 0]))
    yield case("perfect", [1, 2, 3, 4], np.array([0, 0, 1, 1]))
    yield case("inverted", [4, 3, 2, 1], np.array([0, 0, 1, 1]))


def multiclass_cases(rng):
    for name, n, classes, quantum in [("four classes", 500, 4, None), ("coarse scores", 400, 4, 0.25), ("seven rare classes", 400, 7, None)]:
        share = np.arange(1, classes + 1, dtype=float) ** 2
        y = rng.choice(classes, n, p=share / share.sum())
        y[:classes] = np.arange(classes)
        logits = rng.normal(size=(n, classes)) + 1.5 * np.eye(classes)[y]
        if quantum:
            logits = np.round(logits)
        p = softmax(logits, axis=1)
        yield dict(
            name=name,
            scores=p.T.tolist(),
            labels=y.tolist(),
            ovo=roc_auc_score(y, p, multi_class="ovo"),
            ovr=roc_auc_score(y, p, multi_class="ovr"),
        )


def usable_mean(y, scores):
    used = [c for c in range(y.shape[1]) if 0 < y[:, c].sum() < len(y)]
    return float(np.mean([roc_auc_score(y[:, c], scores[:, c]) for c in used])), len(used)


def prediction_cases(rng):
    n = 300
    y = (rng.random(n) < 0.3).astype(int)
    logits = (rng.normal(size=(n, 2)) + y[:, None] * [0, 1]).astype(np.float32)
    wide = logits.astype(np.float64)
    yield dict(task="mor", logits=logits.tolist(), labels=[[int(v)] for v in y], auroc=roc_auc_score(y, softmax(wide, axis=1)[:, 1]), n=n, positives=int(y.sum()), used=1, skipped=0)

    y = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    logits = (rng.normal(size=(n, 4)) + np.eye(4)[y]).astype(np.float32)
    p = softmax(logits.astype(np.float64), axis=1)
    yield dict(task="los", logits=logits.tolist(), labels=[[int(v)] for v in y], ovo=roc_auc_score(y, p, multi_class="ovo"), ovr=roc_auc_score(y, p, multi_class="ovr"), n=n, positives=n, used=len(np.unique(y)), skipped=4 - len(np.unique(y)), class_counts=np.bincount(y, minlength=4).tolist())

    classes = 20
    y = (rng.random((n, classes)) < np.linspace(0.02, 0.5, classes)).astype(int)
    y[:, 3], y[:, 7] = 0, 1  # classes with one value
    logits = (rng.normal(size=(n, classes)) * 3 + y).astype(np.float32)
    wide = logits.astype(np.float64)
    by_softmax, used = usable_mean(y, softmax(wide, axis=1))
    by_sigmoid, _ = usable_mean(y, expit(wide))
    yield dict(
        task="diag",
        logits=logits.tolist(),
        labels=[np.flatnonzero(row).tolist() for row in y],
        softmax=by_softmax,
        sigmoid=by_sigmoid,
        n=n,
        positives=int(y.sum()),
        used=used,
        skipped=classes - used,
    )


def write(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


rng = np.random.default_rng(20230717)
version = f"scikit-learn {sklearn.__version__}, numpy {np.__version__}"
write("internal/auroc/testdata/auroc.json", dict(made_by=version, binary=list(binary_cases(rng)), multiclass=list(multiclass_cases(rng))))
write("stages/eval/testdata/predictions.json", dict(made_by=version, cases=list(prediction_cases(rng))))
