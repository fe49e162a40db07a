"""Golden values for the learning rate schedule and the class weights.

Writes stages/train/trainer/testdata/schedule.json from transformers'
get_linear_schedule_with_warmup driven by a torch optimizer, and class weights
from scikit-learn. Run from the repository root: python oracle/schedule.py
"""

import json
import math
import pathlib

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from transformers import get_linear_schedule_with_warmup

OUT = pathlib.Path("stages/train/trainer/testdata/schedule.json")


def rates(peak: float, ratio: float, total: int, recipe: str) -> list[float]:
    """Learning rate of every optimizer step, as transformers' Trainer runs it. The paper's
    code passes the ratio itself as the number of warm-up steps."""
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    warmup = ratio if recipe == "paper" else math.ceil(total * ratio)
    scheduler = get_linear_schedule_with_warmup(optimizer, warmup, total)
    out = []
    for _ in range(total):
        out.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return out


def main() -> None:
    schedules = [
        {"peak": peak, "warmup_ratio": ratio, "recipe": recipe, "total": total, "rates": rates(peak, ratio, total, recipe)}
        for recipe in ("clinical", "paper")
        for peak, ratio, total in [(5e-5, 0.06, 50), (3e-4, 0.0, 7), (1e-2, 0.5, 9), (1e-3, 1.0, 4), (1e-3, 0.06, 1)]
    ]
    rng = np.random.default_rng(1)
    weights = []
    for classes, n in [(2, 30), (4, 100)]:
        labels = rng.choice(classes, size=n, p=np.arange(1, classes + 1) / sum(range(1, classes + 1)))
        balanced = compute_class_weight("balanced", classes=np.arange(classes), y=labels)
        weights.append({"classes": classes, "labels": labels.tolist(), "weights": balanced.tolist()})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"schedules": schedules, "class_weights": weights}, indent=1) + "\n")


if __name__ == "__main__":
    main()
