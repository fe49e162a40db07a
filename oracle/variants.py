"""What transformers and peft make of configurations that others may write.

Run from the repository root: python oracle/variants.py [MODULE ...]
Writes stages/train/parity/testdata/variants/MODULE.json: for each of the VARIANTS of a
module of oracle/peft_cases the keys that are changed in the configuration of a base, or
of an adapter on it, and the scores that are computed with it, of the token after TEXT or
of the classes, or why there are none. Run oracle/peft_golden.py first.
"""

import json
import pathlib
import shutil
import sys
import tempfile
import warnings

import peft_golden  # sets the environment of transformers

import peft
import torch
import transformers

import peft_cases
from peft_cases import LABELS

OUT = peft_golden.OUT
TEXT = [1, 5, 9, 3, 14, 7, 21]


def copied(variant, into):
    """Folders of the base and of the adapter, one of them changed."""
    base = shutil.copytree(OUT / "bases" / variant.base, into / "base")
    adapter = variant.adapter and shutil.copytree(OUT / "cases" / variant.adapter / "adapter", into / "adapter")
    path = (base if variant.file == "config.json" else adapter) / variant.file
    keys = json.loads(path.read_text()) | variant.set
    path.write_text(json.dumps({k: v for k, v in keys.items() if k not in variant.drop}))
    return base, adapter


def opened(variant, base, adapter):
    """The model, or an error where transformers would draw weights that are missing."""
    task = peft_cases.cases()[variant.adapter].task if adapter else "lm"
    options = dict(dtype=torch.float32, output_loading_info=True)
    if task == "lm":
        model, told = transformers.AutoModelForCausalLM.from_pretrained(base, **options)
    else:
        model, told = transformers.AutoModelForSequenceClassification.from_pretrained(base, num_labels=LABELS, **options)
    drawn = sorted(k for k in told["missing_keys"] if not k.startswith(("score", "classifier")))
    if drawn:
        raise ValueError(f"draws {drawn[0]} and {len(drawn) - 1} others at random")
    return peft.PeftModel.from_pretrained(model, adapter) if adapter else model


def outcome(variant, into):
    try:
        model = opened(variant, *copied(variant, into)).eval()
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([TEXT])).logits
        row = logits[0, -1] if logits.ndim == 3 else logits[0]
        return dict(logits=[float(f"{v:.7g}") for v in row.tolist()])
    except Exception as e:  # whatever it is, nothing is computed
        return dict(refused=f"{type(e).__name__}: {' '.join(str(e).split())[:100]}")


def row(name, v):
    with tempfile.TemporaryDirectory() as into:
        got = outcome(v, pathlib.Path(into))
    if "refused" in got:
        got["refused"] = got["refused"].replace(into, "FOLDER")
    field = v.field or next(iter([*v.set, *v.drop]), "")
    return dict(name=name, base=v.base, adapter=v.adapter, file=v.file, set=v.set, drop=v.drop, field=field, **got)


def main():
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    (OUT / "variants").mkdir(exist_ok=True)
    for module, variants in peft_cases.variants().items():
        if not sys.argv[1:] or module in sys.argv[1:]:
            rows = [row(name, v) for name, v in variants.items()]
            text = json.dumps(dict(text=TEXT, variants=rows)).replace('{"name"', '\n{"name"')
            (OUT / "variants" / f"{module}.json").write_text(text + "\n")
            for r in rows:
                print(r["name"], "|", r.get("refused", "computed"))


if __name__ == "__main__":
    main()
