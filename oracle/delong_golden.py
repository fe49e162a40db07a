"""Golden values of DeLong's covariance, by its definition of 1988: the structural
components from the whole matrix of pairs, in numpy. Nothing of it ranks.

Writes internal/auroc/inference/testdata/delong.json.
Run at the repository's root: python oracle/delong_golden.py
"""

import json
import pathlib

import numpy as np


def delong(scores, y):
    """scores [models, rows], y [rows] -> AUROCs [models], covariance [models, models]."""
    x, z = scores[:, y == 1], scores[:, y == 0]
    psi = (x[:, :, None] > z[:, None, :]) + 0.5 * (x[:, :, None] == z[:, None, :])
    v10, v01 = psi.mean(axis=2), psi.mean(axis=1)
    covariance = np.atleast_2d(np.cov(v10)) / x.shape[1] + np.atleast_2d(np.cov(v01)) / z.shape[1]
    return psi.mean(axis=(1, 2)), covariance


def cases(rng):
    def case(name, scores, y):
        auroc, covariance = delong(np.asarray(scores, dtype=np.float64), y)
        return dict(name=name, scores=np.asarray(scores).tolist(), labels=y.tolist(), auroc=auroc.tolist(), covariance=covariance.tolist())

    def labels(n, share):
        y = (rng.random(n) < share).astype(int)
        y[:4] = 0, 1, 0, 1
        return y

    y = labels(250, 0.3)
    shared = rng.normal(size=250)
    yield case("three correlated models", [shared + k * rng.normal(size=250) + y for k in (0.3, 0.6, 2)], y)
    y = labels(200, 0.5)
    yield case("many ties", [rng.integers(0, 4, 200) + y, rng.integers(0, 9, 200) + 2 * y], y)
    y = labels(120, 0.0)
    yield case("two positives", [rng.normal(size=120), rng.integers(0, 5, 120)], y)
    y = labels(40, 0.5)
    yield case("perfect, inverted, constant", [y * 2.0 + rng.random(40), -y * 2.0 - rng.random(40), np.zeros(40)], y)
    y = labels(90, 0.4)
    scores = rng.normal(size=90) + y
    yield case("a model and itself, squeezed", [scores, np.tanh(scores)], y)
    yield case("four rows", [[0.1, 0.4, 0.35, 0.8]], np.array([0, 0, 1, 1]))


def main():
    folder = pathlib.Path("internal/auroc/inference/testdata")
    folder.mkdir(parents=True, exist_ok=True)
    golden = dict(numpy=np.__version__, cases=list(cases(np.random.default_rng(1988))))
    (folder / "delong.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
