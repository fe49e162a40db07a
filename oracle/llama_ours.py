"""Computes with the folders that clinflow wrote, by transformers and peft.

Run from the repository root after `go test ./stages/train/model -update`:
    python oracle/llama_ours.py
Loads stages/train/model/testdata/ours (a model from scratch, an adapter with a
head, a head alone) and writes the logits there, float32 computed.
"""

import pathlib
import warnings

import peft
import torch
import transformers
from safetensors.torch import save_file

OURS = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train" / "model" / "testdata" / "ours"
IDS = torch.tensor([[1, 5, 9, 3, 14, 7]])  # as in ours_test.go


def classifier(adapter):
    base = transformers.LlamaForSequenceClassification.from_pretrained(OURS / "base", num_labels=3)
    return peft.PeftModel.from_pretrained(base, OURS / adapter)


def main():
    warnings.simplefilter("error", UserWarning)  # PEFT warns of keys that it does not find
    base = transformers.LlamaForCausalLM.from_pretrained(OURS / "base")
    models = {"base": base, "lora": classifier("lora"), "head": classifier("head")}
    with torch.no_grad():
        logits = {name: model.eval()(input_ids=IDS).logits[0] for name, model in models.items()}
    logits["lora"], logits["head"] = logits["lora"][None], logits["head"][None]
    save_file({n: v.double().contiguous().clone() for n, v in logits.items()}, OURS / "golden.safetensors")


if __name__ == "__main__":
    main()
