"""Adapters that clinflow trained, loaded by PEFT: the same logits, head included.

Run from anywhere: python oracle/reload_check.py --clinflow PATH
with a clinflow binary (go build -o PATH ./cmd/clinflow). It trains every kind of adapter
for one epoch of synthetic notes over random LLaMAs and BERTs, by a DAG file as a user's,
loads each with PeftModel.from_pretrained (a whole model with transformers alone) and
compares its logits of some texts with those of `clinflow inspect logits`. It prints a
line an adapter and fails where one differs by 1e-5 or PEFT misses a tensor.

A file that PEFT takes no head from, as in transformers#26160, leaves the random one of a
new classifier. What that would look like is printed beside, and must not pass.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import warnings

import peft
import torch
import transformers
from safetensors.torch import load_file

LLAMA = dict(model_type="llama", hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, initializer_range=0.3)
BASES = {
    "llama": LLAMA,
    "llama_biased": LLAMA | dict(attention_bias=True, mlp_bias=True),
    "bert": dict(model_type="bert", hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
                 max_position_embeddings=64, initializer_range=0.3),
}
VIRTUAL = dict(num_virtual_tokens=2)
EVERYWHERE = {
    "none": dict(type="none"),
    "full": dict(type="full"),
    "lora": dict(type="lora"),
    "all_linear": dict(type="lora", target_modules=["all-linear"], rank_pattern=[dict(layers=".*", value=3)], use_rslora=True),
    "bias_all": dict(type="lora", bias="all"),
    "bias_lora_only": dict(type="lora", bias="lora_only"),
    "prompt": dict(type="prompt_tuning", **VIRTUAL),
    "prefix": dict(type="prefix_tuning", **VIRTUAL),
    "prefix_projection": dict(type="prefix_tuning", prefix_projection=True, **VIRTUAL),
    "p_tuning_mlp": dict(type="p_tuning", encoder_hidden_size=3, **VIRTUAL),
    "p_tuning_lstm": dict(type="p_tuning", encoder_hidden_size=3, encoder_reparameterization_type="LSTM", **VIRTUAL),
}
ADAPTION = dict(type="adaption_prompt", adapter_len=2, adapter_layers=1)
TEXTS = [[5, 9, 30, 14, 7, 100], [5, 4], [60, 8, 8, 11, 6, 30, 15, 12, 5, 10]]
HEADS = ("score.", "classifier.")


def adapters():
    """(base, whether a classifier, name, keys of peft): what is trained."""
    for name, keys in EVERYWHERE.items():
        for base in ("llama_biased", "bert"):
            yield base, True, name, keys
        if name != "none":
            yield "llama_biased", False, name, keys
    for classifier in (True, False):
        yield "llama", classifier, "adaption", ADAPTION


def step(base, classifier, name):
    return f"{base}_{'cls' if classifier else 'lm'}_{name}"


def dag():
    steps = {
        "mimic": dict(stage="synth.mimiciv", **{"with": dict(patients=40, seed=3)}),
        "patients": dict(stage="ingest.mimiciv", **{"in": dict(mimic="mimic"), "with": dict(shards=1)}),
        "split": dict(stage="split.hash", **{"in": dict(patients="patients")}),
        "texts": dict(stage="text.admission", **{"in": dict(patients="patients")}),
        "labels": dict(stage="label.length_of_stay", **{"in": dict(patients="patients")}),
        "tokenizer": dict(stage="tokenize.train", **{"in": dict(notes="patients.notes", split="split"), "with": dict(vocab_size=512)}),
        "tokens": dict(stage="tokenize.texts", **{"in": dict(texts="texts", tokenizer="tokenizer"), "with": dict(max_length=32)}),
    }
    for base, config in BASES.items():
        steps[base] = dict(stage="train.random", **{"in": dict(tokenizer="tokenizer"), "with": dict(config=json.dumps(config))})
    for base, classifier, name, keys in adapters():
        ports = dict(tokens="tokens", split="split", base=base) | (dict(labels="labels") if classifier else {})
        steps[step(base, classifier, name)] = dict(
            stage="train.finetune" if classifier else "train.pretrain",
            **{"in": ports, "with": dict(peft=keys, epochs=1, batch_size=4, learning_rate=0.01)})
    return dict(name="reload", steps=steps)


def folder(out, name, file):
    found = list((out / "steps").glob(f"{name}-*/{file}"))
    assert len(found) == 1, f"{name}: {found}"
    return found[0].parent


def ours(clinflow, base, adapter):
    command = [clinflow, "inspect", "logits", "--device", "cpu", "--model", base, "--adapter", adapter]
    lines = "".join(json.dumps(ids) + "\n" for ids in TEXTS)
    return [torch.tensor(json.loads(line)) for line in subprocess.run(command, input=lines, text=True, check=True, capture_output=True).stdout.splitlines()]


def loaded(base, adapter, classifier, whole):
    kind = transformers.AutoModelForSequenceClassification if classifier else transformers.AutoModelForCausalLM
    if whole:
        model, told = kind.from_pretrained(adapter, output_loading_info=True)
        assert not told["missing_keys"] and not told["unexpected_keys"], told
        return model.eval()
    labels = {}
    if classifier:
        file = load_file(adapter / "adapter_model.safetensors")
        labels = dict(num_labels=next(len(v) for n, v in file.items() if n.endswith((HEADS[0] + "weight", HEADS[1] + "weight"))))
    return peft.PeftModel.from_pretrained(kind.from_pretrained(base, **labels), adapter).eval()


def theirs(model, classifier):
    """Of the text alone, where virtual tokens have logits too."""
    with torch.no_grad():
        for ids in TEXTS:
            batch = torch.tensor([ids])
            out = model(input_ids=batch, attention_mask=torch.ones_like(batch)).logits
            yield out if classifier else out[0, -len(ids):]


def difference(got, want):
    return max((a - b).abs().max().item() for a, b in zip(got, want, strict=True))


def without_head(model):
    """The model with a head that was never trained."""
    for name, p in model.named_parameters():
        if any(head in name for head in HEADS):
            torch.nn.init.normal_(p.data, std=0.3)
    return model


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--clinflow", required=True)
    clinflow = pathlib.Path(arguments.parse_args().clinflow).resolve()
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", UserWarning)  # PEFT warns of keys that it does not find
    # AdaptionPromptConfig has no modules_to_save, and reads the head all the same.
    warnings.filterwarnings("ignore", r"Unexpected keyword arguments \['modules_to_save'\] for class AdaptionPromptConfig")
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        file, out = pathlib.Path(place, "reload.yaml"), pathlib.Path(place, "out")
        file.write_text(json.dumps(dag()))
        subprocess.run([clinflow, "run", file, "--out", out, "--device", "cpu", "--quiet"], check=True)
        failed = 0
        for base, classifier, name, keys in adapters():
            whole, trained = keys["type"] == "full", step(base, classifier, name)
            of = folder(out, base, "config.json")
            adapter = folder(out, trained, "config.json" if whole else "adapter_config.json")
            got, model = ours(clinflow, of, adapter), loaded(of, adapter, classifier, whole)
            apart = difference(got, theirs(model, classifier))
            line = f"{trained:40} differs by {apart:.1e}"
            failed += apart > 1e-5
            if classifier:
                lost = difference(got, theirs(without_head(model), classifier))
                line += f", without the head by {lost:.1e}"
                failed += lost < 1e-2
            print(line, flush=True)
    assert not failed, f"{failed} differ"


if __name__ == "__main__":
    main()
