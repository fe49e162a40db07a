"""Golden values of tiny models with adapters, from transformers and peft: a folder a case.

Run from the repository root: python oracle/peft_golden.py [CASE ...]
Writes stages/train/parity/testdata: bases/NAME is a model as transformers saved it,
cases/NAME has the adapter as peft saved it (adapter/), case.json with the batch and
its loss, golden.safetensors with logits and the gradient of every tensor of the
adapter's file; where that has an encoder's output alone, the encoder's parameters and
their gradients. The cases are the rows in the modules of oracle/peft_cases; see
peft_cases/__init__.py. Saved weights are float32; what is computed with them is in
float64, where transformers does not itself go back to float32, and is saved as float32.
"""

import json
import os
import pathlib
import shutil
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"

import peft
import torch
import transformers
from safetensors.torch import load_file, save_file

import peft_cases
from peft_cases import LABELS

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train" / "parity" / "testdata"


def disturb(parameters, std=0.2):
    """Adds noise: what is zero in a new adapter, or a copy, would hide mistakes."""
    for p in parameters:
        p.data.add_(torch.randn(p.shape, dtype=p.dtype) * std)


def save_base(name, of):
    torch.manual_seed(1)
    model = of.saved(of.config).eval()
    disturb(model.parameters())
    folder = OUT / "bases" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)


def batch_of(case, pad, words):
    """Rows of seven, four and two tokens, padded on one side."""
    g = torch.Generator().manual_seed(4)
    ids = torch.randint(3, words, (3, 7), generator=g)
    lengths = torch.tensor([7, 4, 2])
    mask = (torch.arange(7) < lengths[:, None]).long()
    mask = mask.flip(1) if case.pad == "left" else mask
    ids[mask == 0] = pad
    batch = dict(input_ids=ids, attention_mask=mask)
    if case.positions:
        batch["position_ids"] = torch.arange(7) + torch.tensor([[0], [3], [5]])
    return batch


def labels_of(case, batch):
    if case.task == "lm":
        mask = batch["attention_mask"]
        if case.pad == "left":  # what stands behind padding would be predicted of padding
            mask = mask * mask.roll(1, dims=1)
        return batch["input_ids"].masked_fill(mask == 0, -100)
    if case.task == "softmax":
        return torch.tensor([1, 0, LABELS - 1])
    return torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]], dtype=torch.float64)


def open_base(case):
    of = peft_cases.bases()[case.base]
    folder = OUT / "bases" / case.base
    if case.task == "lm":
        return of.language.from_pretrained(folder)
    kind = "multi_label_classification" if case.task == "sigmoid" else "single_label_classification"
    torch.manual_seed(2)
    return of.classifier.from_pretrained(folder, num_labels=LABELS, problem_type=kind)


def adapted(case):
    """The base with the case's adapter, or all of its own weights trained."""
    model = open_base(case)
    if case.adapter is None:
        return model.eval()
    torch.manual_seed(3)
    model = peft.get_peft_model(model, case.adapter()).eval()
    for p in headless(model, case).values():
        p.requires_grad = True
    disturb(p for p in model.parameters() if p.requires_grad)
    if case.full:
        model.requires_grad_(True)
    return model


def headless(model, case):
    """The head of a classifier whose adapter does not save it along: peft neither trains nor
    writes it, and reads one that is in the file."""
    if case.task == "lm" or hasattr(model.active_peft_config, "modules_to_save"):
        return {}
    return {n: p for n, p in model.named_parameters() if n.startswith("base_model.model.score.")}


def save_adapter(model, case, folder):
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # a model card without content
    head = headless(model, case)
    if head:
        weights = folder / "adapter_model.safetensors"
        save_file(load_file(weights) | {n: p.detach() for n, p in head.items()}, weights, metadata={"format": "pt"})
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = case.base
    if head:
        config["modules_to_save"] = ["score"]
    for key, value in config.items():
        if isinstance(value, list):  # a set's order changes from run to run
            config[key] = sorted(set(value))
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def named(model, case, folder):
    """The trained parameters by their names in the adapter's file, which has each
    value once, and those of an encoder and of the base by their own; others have no name."""
    if case.adapter is None:
        return dict(model.named_parameters())
    file, names = load_file(folder / "adapter_model.safetensors"), {}
    file = {n: v for n, v in file.items() if ".modules_to_save." not in n and ".original_module." not in n}  # of bias all
    for name, p in model.named_parameters():
        if p.requires_grad and p.grad is not None:
            same = [n for n, v in file.items() if v.shape == p.shape and torch.equal(v, p.detach().float())]
            assert len(same) < 2, same
            if case.full and not same:
                same = [name.removeprefix("base_model.model.").replace(".base_layer", "")]
            if not same and name.startswith("prompt_encoder.default."):
                same = [name.replace("default.", "", 1)]
            names.update({n: p for n in same})
    return names


def compute(model, case, batch, labels):
    model.zero_grad()
    out = model(**batch, labels=labels)
    loss = out.loss
    if case.class_weights is not None:
        loss = torch.nn.functional.cross_entropy(out.logits, labels, torch.tensor(case.class_weights, dtype=torch.float64))
    loss.backward()
    return out.logits.detach(), loss.item()


def write_case(name, case):
    folder = OUT / "cases" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = adapted(case)
    batch = batch_of(case, model.config.pad_token_id, model.config.vocab_size)
    labels = labels_of(case, batch)
    if case.adapter is not None:
        save_adapter(model, case, folder / "adapter")
    logits, loss = compute(model.double(), case, batch, labels)
    text = logits
    if case.task == "lm":  # nobody may read the rows of padding, nor of virtual tokens
        text = logits[:, -batch["input_ids"].shape[1]:] * batch["attention_mask"][..., None]
    tensors, trained = {"logits": text}, named(model, case, folder / "adapter")
    tensors.update({"grad." + n: p.grad for n, p in trained.items() if p.grad is not None})
    encoder = {"param." + n: p for n, p in trained.items() if n.startswith("prompt_encoder.")}
    tensors.update(encoder)
    save_file({n: t.detach().float().contiguous() for n, t in tensors.items()}, folder / "golden.safetensors")
    facts = dict(base=case.base, adapter=case.adapter is not None, task=case.task, loss=loss,
                 **{k: v.tolist() for k, v in batch.items()})
    if case.full:
        facts["full"] = True
    if case.class_weights is not None:
        facts["class_weights"] = case.class_weights
    if case.task != "lm":
        facts["labels"] = labels.tolist()
    (folder / "case.json").write_text(json.dumps(facts) + "\n")
    if case.adapter is not None:
        again = peft.PeftModel.from_pretrained(open_base(case), folder / "adapter").eval().double()
        rounded = 1e-5 if encoder else 1e-12  # the output of an encoder is saved in float32
        assert torch.allclose(again(**batch).logits, logits, atol=rounded), f"{name}: peft itself does not reload it"


def main():
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    cases, wanted = peft_cases.cases(), sys.argv[1:]
    for name in {case.base: None for key, case in cases.items() if not wanted or key in wanted}:
        save_base(name, peft_cases.bases()[name])
    for name, case in cases.items():
        if not wanted or name in wanted:
            write_case(name, case)
            print(name)


if __name__ == "__main__":
    main()
