"""Golden measures from scikit-learn, and from code of their definitions where it has none.

Both sides draw the cases from a generator that counts (internal/measures/drawn), so
that the golden files hold results alone:

- internal/measures/testdata/auroc.f64: the AUROC of 10,000 cases, float64, little
  endian, NaN where it is undefined;
- internal/measures/testdata/measures.json: other measures of 500 of them;
- stages/eval/testdata/measures.json: measures of predictions of three tasks, with a
  threshold and a calibration from val.

Run at the repository's root: python oracle/measures_golden.py
"""

import json
import pathlib

import numpy as np
import sklearn
from scipy.optimize import root
from scipy.special import expit, log_softmax, logsumexp, softmax
from sklearn.calibration import _SigmoidCalibration, calibration_curve
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
)

MASK = (1 << 64) - 1


class Draws:
    """SplitMix64 (Steele, Lea and Flood 2014) of a stream: numbers in [0, 1) in order."""

    def __init__(self, stream):
        self.state = stream << 32

    def __call__(self, n):
        with np.errstate(over="ignore"):
            z = np.uint64(self.state & MASK) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, n + 1, dtype=np.uint64)
            self.state = (self.state + 0x9E3779B97F4A7C15 * n) & MASK
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z = z ^ (z >> np.uint64(31))
        return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def binary_case(number):
    """Scores and labels: of all numbers, of few, of one, of any size; now and then of one class."""
    draw = Draws(number)
    head = draw(2)
    n = 1 + int(head[0] * 150)
    share, scores = draw(n), draw(n)
    y = share < head[1]
    kind = number % 6
    if kind == 0:
        scores = scores + 0.3 * y
    elif kind == 1:
        scores = np.floor(scores * 8) / 8
    elif kind == 2:
        scores = np.full(n, 0.25)
    elif kind == 3:
        scores = np.floor(scores * 3) - 1
    elif kind == 4:
        scores = np.ldexp(scores - 0.5, np.floor(draw(n) * 200).astype(int) - 100)
    else:
        y = np.full(n, head[1] < 0.5)
    return scores, y


def binary_auroc(number):
    scores, y = binary_case(number)
    return roc_auc_score(y, scores) if 0 < y.sum() < len(y) else np.nan


def ece(y, p):
    """Expected calibration error by scikit-learn's bins."""
    observed, predicted = calibration_curve(y, p, n_bins=10)
    sizes = np.bincount(np.searchsorted(np.linspace(0, 1, 11)[1:-1], p), minlength=10)
    return float(np.sum(sizes[sizes > 0] / len(y) * np.abs(observed - predicted)))


def best_threshold(y, scores):
    precision, recall, thresholds = precision_recall_curve(y, scores)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * precision * recall / (precision + recall))[:-1]
    return float(thresholds[np.flatnonzero(f1 >= f1.max() - 1e-12)[-1]])


def at(y, yes):
    return dict(
        f1=f1_score(y, yes),
        micro=f1_score(y, yes, average="micro"),
        macro=f1_score(y, yes, average="macro"),
        precision=precision_score(y, yes, zero_division=0),
        sensitivity=recall_score(y, yes),
        specificity=recall_score(~y, ~yes),
    )


def probability_case(number):
    draw = Draws(number)
    head = draw(3)
    n = 60 + int(head[0] * 200)
    logits = ((draw(n) - 0.5) * 4 + (draw(n) - 0.5) * 8).astype(np.float32).astype(np.float64)
    if number % 3 == 0:
        logits = np.round(logits)
    y = draw(n) < expit(logits * (0.2 + head[1]) + 2 * head[2] - 1)
    return logits, y


def measure_case(number):
    logits, y = probability_case(number)
    p = expit(logits)
    slope, intercepts = calibrate(np.stack([np.zeros_like(logits), logits], axis=1), y.astype(int), 2)
    t = best_threshold(y, logits)
    return dict(
        ap=average_precision_score(y, logits),
        brier=brier_score_loss(y, p),
        ece=ece(y, p),
        mean=float(p.mean()),
        threshold=t,
        half=list(at(y, logits > 0).values()),
        best=list(at(y, logits >= t).values()),
        slope=slope,
        intercept=intercepts[0],
    )


def calibrate(z, y, classes):
    """softmax(a z + b), b[0] = 0, by maximum likelihood of Platt's smoothed targets: a root of the gradient."""
    counts = np.bincount(y, minlength=classes)
    targets = (1 + np.eye(classes) * counts[:, None]) / (counts[:, None] + classes)
    targets = targets[y]
    z = z - z[:, :1]

    def gradient(theta):
        p = softmax(theta[0] * z + np.r_[0, theta[1:]], axis=1)
        return np.r_[((p - targets) * z).sum() / len(z), (p - targets)[:, 1:].mean(axis=0)]

    prior = targets.mean(axis=0)
    start = np.r_[0, np.log(prior[1:] / prior[0])]
    best = start
    for scale in (1.0, 0.3, 0.1):
        found = root(gradient, np.r_[scale, start[1:]], method="hybr", options=dict(xtol=1e-15))
        if np.abs(found.fun).max() < 1e-13:
            best = found.x
            break
    else:
        raise ValueError("no root")
    if best[0] <= 0:
        best = start
    if classes == 2 and best[0] > 0:  # scikit-learn's own stops at a looser tolerance
        theirs = _SigmoidCalibration().fit(z[:, 1], y)
        assert abs(-theirs.a_ - best[0]) < 1e-3 and abs(-theirs.b_ - best[1]) < 1e-3, (theirs.a_, theirs.b_, best)
    return float(best[0]), [float(b) for b in best[1:]]


def task_case(kind, stream, n, classes):
    """Logits, float32, and labels of a task's examples."""
    draw = Draws(stream)
    logits = ((draw(n * classes) - 0.5) * 6).reshape(n, classes).astype(np.float32)
    wide = logits.astype(np.float64)
    u = draw(n * classes).reshape(n, classes)
    if kind == "multilabel":
        y = u < expit(0.7 * wide - 1.5)
        y[:, 1] = False  # a label that none has
        return logits, y
    bias = np.arange(classes) * -0.4
    noise = -np.log(-np.log(np.maximum(u, 1e-300)))
    return logits, np.argmax(0.6 * wide + bias + noise, axis=1)


def averages(y, scores, measure):
    """Macro and weighted over the classes with both values, and micro."""
    used = [k for k in range(y.shape[1]) if 0 < y[:, k].sum() < len(y)]
    each = np.array([measure(y[:, k], scores[:, k]) for k in used])
    return dict(macro=float(each.mean()), weighted=float(np.average(each, weights=y[:, used].sum(axis=0))), micro=float(measure(y.ravel(), scores.ravel())))


def decisions(y, yes):
    used = [k for k in range(y.shape[1]) if 0 < y[:, k].sum() < len(y)]
    return dict(
        f1_micro=f1_score(y, yes, average="micro"),
        f1_macro=f1_score(y[:, used], yes[:, used], average="macro"),
        precision=precision_score(y[:, used], yes[:, used], average="macro", zero_division=0),
        sensitivity=recall_score(y[:, used], yes[:, used], average="macro"),
        specificity=float(np.mean([recall_score(~y[:, k], ~yes[:, k]) for k in used])),
    )


def probabilities(y, p, multiclass):
    brier = float(((p - y) ** 2).sum(axis=1).mean())
    if multiclass:
        assert abs(brier - brier_score_loss(y.argmax(axis=1), p)) < 1e-12
    else:
        brier /= y.shape[1]
    return dict(brier=brier, ece=float(np.mean([ece(y[:, k], p[:, k]) for k in range(y.shape[1])])), mean_predicted=float(p.mean()))


def task_measures(task, kind, classes, stream):
    logits, y = task_case(kind, stream, 400, classes)
    val_logits, val_y = task_case(kind, stream + 1, 300, classes)
    z, val_z = logits.astype(np.float64), val_logits.astype(np.float64)
    if kind == "multilabel":
        flat, flat_y = val_z.ravel(), val_y.ravel()
        slope, intercepts = calibrate(np.stack([np.zeros_like(flat), flat], axis=1), flat_y.astype(int), 2)
        t = best_threshold(flat_y, flat)
        by_sigmoid, by_softmax, p = expit(z), log_softmax(z, axis=1), expit(z)
        q = expit(slope * z + intercepts[0])
        at_threshold = decisions(y, z >= t)
        at_half = decisions(y, z > 0)
        for d, yes in ((at_half, z > 0), (at_threshold, z >= t)):
            d.update(precision=precision_score(y.ravel(), yes.ravel()), sensitivity=recall_score(y.ravel(), yes.ravel()), specificity=recall_score(~y.ravel(), ~yes.ravel()))
        rank = dict(clinical=by_sigmoid, paper=by_softmax)
    elif kind == "multiclass":
        slope, intercepts = calibrate(val_z, val_y, classes)
        y = np.eye(classes, dtype=bool)[y]
        p, q = softmax(z, axis=1), softmax(slope * z + np.r_[0, intercepts], axis=1)
        at_half, at_threshold = decisions(y, np.eye(classes, dtype=bool)[z.argmax(axis=1)]), None
        rank = dict(clinical=p, paper=p)
    else:
        slope, intercepts = calibrate(val_z, val_y, 2)
        d, y = z[:, 1] - z[:, 0], y.astype(bool)
        t = best_threshold(val_y, val_z[:, 1] - val_z[:, 0])
        p, q = expit(d), expit(slope * d + intercepts[0])
        return dict(
            task=task, kind=kind, classes=classes, stream=stream, slope=slope, intercepts=intercepts, threshold=float(expit(t)),
            auprc={r: dict(macro=average_precision_score(y, d)) for r in ("clinical", "paper")},
            before=probabilities(y[:, None], p[:, None], False), after=probabilities(y[:, None], q[:, None], False),
            at_half=binary_decisions(y, d > 0), at_threshold=binary_decisions(y, d >= t),
        )
    result = dict(
        task=task, kind=kind, classes=classes, stream=stream, slope=slope, intercepts=intercepts,
        auroc={r: averages(y, s, roc_auc_score) for r, s in rank.items()},
        auprc={r: averages(y, s, average_precision_score) for r, s in rank.items()},
        before=probabilities(y, p, kind == "multiclass"), after=probabilities(y, q, kind == "multiclass"),
        at_half=at_half,
        class_auprc=[average_precision_score(y[:, k], rank["clinical"][:, k]) if 0 < y[:, k].sum() < len(y) else None for k in range(classes)],
    )
    if at_threshold:
        result.update(at_threshold=at_threshold, threshold=float(expit(t)))
    return result


def binary_decisions(y, yes):
    d = at(y, yes)
    return dict(f1=d["f1"], f1_micro=d["micro"], f1_macro=d["macro"], precision=d["precision"], sensitivity=d["sensitivity"], specificity=d["specificity"])


def write(path, value):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, separators=(",", ":")) + "\n")


version = f"scikit-learn {sklearn.__version__}, numpy {np.__version__}"
aurocs = np.array([binary_auroc(i) for i in range(10_000)], dtype="<f8")
pathlib.Path("internal/measures/testdata").mkdir(parents=True, exist_ok=True)
pathlib.Path("internal/measures/testdata/auroc.f64").write_bytes(aurocs.tobytes())
write("internal/measures/testdata/measures.json", dict(made_by=version, cases=[measure_case(i) for i in range(20_000, 20_200)]))
write(
    "stages/eval/testdata/measures.json",
    dict(made_by=version, tasks=[task_measures("mor", "binary", 2, 30_000), task_measures("los", "multiclass", 4, 30_002), task_measures("diag", "multilabel", 12, 30_004)]),
)
