"""Computes with the folders that clinflow wrote, by transformers and peft.

Run from the repository root after
    go test ./stages/train/model/llama -run PEFT -update
    go test ./stages/train -run PEFT -update
as
    python oracle/llama_ours.py
Loads stages/train/model/testdata/ours (models from scratch, an adapter with a
head, a head alone) and stages/train/testdata/two_adapters (what train.finetune
left over a clinical adapter) and writes the logits there, float32 computed.
"""

import json
import pathlib
import warnings

import peft
import torch
import transformers
from safetensors.torch import save_file

TRAIN = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train"
OURS = TRAIN / "model" / "testdata" / "ours"
TWO = TRAIN / "testdata" / "two_adapters"
IDS = torch.tensor([[1, 5, 9, 3, 14, 7]])  # as in ours_test.go
DOCUMENTS = [[1, 5, 9, 3, 14, 7], [1, 4], [1, 8, 8, 11, 6, 3, 15, 12, 5, 10], [1]]


def from_scratch(folder):
    """A model of whatever type it says itself, with all of its weights and no others."""
    model, told = transformers.AutoModelForCausalLM.from_pretrained(OURS / folder, dtype=torch.float32, output_loading_info=True)
    assert model.config.model_type == folder.rstrip("3") or folder == "base", model.config
    assert not told["missing_keys"] and not told["unexpected_keys"], told
    return model


def classifier(adapter):
    base = transformers.LlamaForSequenceClassification.from_pretrained(OURS / "base", num_labels=3)
    return peft.PeftModel.from_pretrained(base, adapter)


def with_clinical(model, folder):
    """Puts a language model's adapter beside a classifier's; their updates add up.

    PEFT's class of classifiers gives each further adapter a head of its own, and
    then misses it in the file: the plain class adds the adapter as it is.
    """
    peft.PeftModel.add_adapter(model, "clinical", peft.PeftConfig.from_pretrained(folder))
    result = model.load_adapter(folder, adapter_name="clinical")
    assert not result.missing_keys and not result.unexpected_keys, result
    model.base_model.set_adapter(["default", "clinical"])
    return model.eval()


def of_documents(model):
    with torch.no_grad():
        return [model(input_ids=torch.tensor([ids])).logits[0].tolist() for ids in DOCUMENTS]


def two_adapters():
    alone = of_documents(classifier(TWO).eval())
    both = of_documents(with_clinical(classifier(TWO), TWO / "clinical"))
    apart = (torch.tensor(both) - torch.tensor(alone)).abs().max()
    assert apart > 1e-2, f"the clinical adapter hardly shows: {apart}"
    text = json.dumps({"documents": DOCUMENTS, "logits": both}, indent=1)
    (TWO.parent / "two_adapters.json").write_text(text + "\n")


def main():
    warnings.simplefilter("error", UserWarning)  # PEFT warns of keys that it does not find
    models = {folder: from_scratch(folder) for folder in ("base", "llama3", "qwen2", "mistral")}
    models |= {"lora": classifier(OURS / "lora"), "head": classifier(OURS / "head")}
    with torch.no_grad():
        logits = {name: model.eval()(input_ids=IDS).logits[0] for name, model in models.items()}
    logits["lora"], logits["head"] = logits["lora"][None], logits["head"][None]
    save_file({n: v.double().contiguous().clone() for n, v in logits.items()}, OURS / "golden.safetensors")
    two_adapters()


if __name__ == "__main__":
    main()
