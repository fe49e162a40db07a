"""The cases of oracle/peft_golden.py and oracle/variants.py: each module here has BASES
and CASES, and may have VARIANTS.

BASES names tiny models, CASES names what is trained over one, VARIANTS names what may be
written in the configuration of one of them. A row is all that a new case takes: the Go
tests (stages/train/parity) find it by themselves.
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


@dataclasses.dataclass
class Variant:
    base: str                 # one of BASES
    set: dict = dataclasses.field(default_factory=dict)  # keys with other values
    drop: tuple = ()          # keys that are taken out
    field: str = ""           # what an error must name; the first key of set or drop, if empty
    adapter: str = ""         # one of CASES, whose adapter lies on the base
    file: str = "config.json"  # what is changed: the base's file, or adapter_config.json


def modules():
    return [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]


def bases():
    return {name: base for m in modules() for name, base in getattr(m, "BASES", {}).items()}


def variants():
    """By module: its variants by their names."""
    return {m.__name__.rpartition(".")[2]: m.VARIANTS for m in modules() if hasattr(m, "VARIANTS")}


def cases():
    return {name: case for m in modules() for name, case in m.CASES.items()}
