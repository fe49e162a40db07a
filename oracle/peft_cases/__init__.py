"""The cases of oracle/peft_golden.py: each module here has BASES and CASES.

BASES names tiny models, CASES names what is trained over one. A row is all that a new
case takes: the Go test (stages/train/parity) finds its folder by itself.
"""

import dataclasses
import importlib
import pkgutil
from typing import Any, Callable, Optional

LABELS = 3  # classes of softmax, labels of sigmoid


@dataclasses.dataclass
class Base:
    config: Any               # transformers' configuration
    saved: type               # the class that writes the folder
    classifier: type          # the class that reads it for softmax and sigmoid
    language: Optional[type] = None  # and for lm


@dataclasses.dataclass
class Case:
    base: str                 # one of BASES
    adapter: Optional[Callable] = None  # makes peft's configuration; None trains all weights
    task: str = "lm"          # lm, softmax or sigmoid
    pad: str = "right"        # the side that is padded
    positions: bool = False   # rows begin at positions of their own, as behind padding on the left
    class_weights: Optional[list] = None  # of softmax
    full: bool = False        # the base's weights are trained beside the adapter's


def modules():
    return [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]


def bases():
    return {name: base for m in modules() for name, base in getattr(m, "BASES", {}).items()}


def cases():
    return {name: case for m in modules() for name, case in m.CASES.items()}
