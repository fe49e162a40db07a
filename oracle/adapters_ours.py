"""Computes with the adapters that clinflow wrote, by transformers and peft.

Run from the repository root after
    go test ./stages/train/adapter -run PEFT -update
as
    python oracle/adapters_ours.py
Loads the folders of stages/train/adapter/testdata/ours, those whose names end in _head
as classifiers, and writes the logits of one text there, float32 computed.
"""

import pathlib
import warnings

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

TRAIN = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train"
OURS = TRAIN / "adapter" / "testdata" / "ours"
BASE = TRAIN / "model" / "testdata" / "ours" / "base"
IDS = torch.tensor([[1, 5, 9, 3, 14, 7]])  # as in ours_test.go
HEAD = "score.weight"


def opened(folder):
    if not folder.name.endswith("_head"):
        return peft.PeftModel.from_pretrained(transformers.AutoModelForCausalLM.from_pretrained(BASE), folder)
    base = transformers.LlamaForSequenceClassification.from_pretrained(BASE, num_labels=3)
    return peft.PeftModel.from_pretrained(base, folder)


def logits(folder):
    """Of the text alone, where virtual tokens have logits too."""
    with torch.no_grad():
        out = opened(folder).eval()(input_ids=IDS, attention_mask=torch.ones_like(IDS)).logits[0]
    return out[None] if out.dim() == 1 else out[-IDS.shape[1]:]


def main():
    warnings.simplefilter("error", UserWarning)  # PEFT warns of keys that it does not find
    # AdaptionPromptConfig has no modules_to_save, and reads the head all the same.
    warnings.filterwarnings("ignore", r"Unexpected keyword arguments \['modules_to_save'\] for class AdaptionPromptConfig")
    folders = sorted(f for f in OURS.iterdir() if f.is_dir())
    for folder in folders:
        if folder.name.endswith("_head"):
            file = load_file(folder / "adapter_model.safetensors")
            head = next(v for n, v in file.items() if n.endswith(HEAD))
            assert any(torch.equal(p, head) for n, p in opened(folder).named_parameters() if "score" in n), folder
    save_file({f.name: logits(f).double().contiguous().clone() for f in folders}, OURS / "golden.safetensors")


if __name__ == "__main__":
    main()
