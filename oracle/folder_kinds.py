"""Model and adapter folders as others write them, and what transformers and peft compute.

Run from the repository root: python oracle/folder_kinds.py
Writes stages/train/model/testdata/kinds: a folder a kind, with model/, perhaps
adapter/, and expected.json: the logits of each text, or what generate writes.
"""

import json
import pathlib
import shutil
import warnings

import peft
import torch
import transformers
from safetensors.torch import save_file, save_model

OUT = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train" / "model" / "testdata" / "kinds"
CONFIG = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
              vocab_size=16, max_position_embeddings=32, bos_token_id=1, eos_token_id=2, pad_token_id=0)
TEXTS = [[1, 5, 9, 3, 14, 7], [1, 4, 12]]
# With pad = eos = 2: one that ends in it, in three of it, has it inside, is all of it.
PADDED = [[1, 5, 9, 3, 2], [1, 7, 2, 2, 2], [1, 2, 8, 4], [2, 2, 2], [1]]


def model_of(seed=3, **settings):
    torch.manual_seed(seed)
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**{**CONFIG, **settings}))
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape) * 0.4)
    return model


def folder(kind):
    path = OUT / kind / "model"
    path.mkdir(parents=True)
    return path


def save(kind, model, change=lambda config: None):
    """Saves a model, with keys of its config.json changed, as tools do that are not transformers."""
    path = folder(kind)
    model.save_pretrained(path)
    (path / "generation_config.json").unlink(missing_ok=True)
    edit(path / "config.json", change)
    return path


def edit(path, change):
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def expect(kind, texts, logits):
    (OUT / kind / "expected.json").write_text(json.dumps({"texts": texts, "logits": logits}) + "\n")


def logits_of(model, texts):
    with torch.no_grad():
        return [model.eval()(input_ids=torch.tensor([ids])).logits[0].tolist() for ids in texts]


def check(kind, path):
    expect(kind, TEXTS, logits_of(transformers.LlamaForCausalLM.from_pretrained(path), TEXTS))


def rope(kind, change):
    def moved(config):
        for key in ("rope_parameters", "rope_theta"):
            config.pop(key, None)
        change(config)
    check(kind, save(kind, model_of(), moved))


def ropes():
    inner = {"rope_type": "default", "rope_theta": 50.0}
    rope("rope_theta_in_rope_scaling", lambda c: c.update(rope_scaling=inner))
    rope("rope_theta_in_rope_parameters", lambda c: c.update(rope_parameters=inner))
    rope("rope_theta_at_the_top", lambda c: c.update(rope_theta=50.0))
    rope("rope_theta_in_two_places", lambda c: c.update(rope_theta=900.0, rope_scaling={"type": "default", "rope_theta": 50.0}))
    rope("rope_scaling_before_rope_parameters", lambda c: c.update(rope_scaling=inner, rope_parameters={"rope_theta": 900.0}))
    rope("rope_theta_nowhere", lambda c: None)


def ties():
    tied = lambda c: c.update(tie_word_embeddings=True)
    check("tied_with_its_own_head", save("tied_with_its_own_head", model_of(), tied))
    equal = model_of()
    equal.lm_head.weight.data.copy_(equal.model.embed_tokens.weight.data)
    check("tied_with_the_same_head", save("tied_with_the_same_head", equal, tied))
    path = save("tied_by_the_head_alone", model_of(tie_word_embeddings=True))
    save_model(model_of(tie_word_embeddings=True), path / "model.safetensors")
    check("tied_by_the_head_alone", path)


def adapter(kind, model, base, change=lambda config: None, **settings):
    """Saves a LoRA of random values over a model."""
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], **settings))
    with torch.no_grad():
        for p in tuned.parameters():
            if p.requires_grad:
                p.copy_(torch.randn(p.shape) * 0.4)
    path = OUT / kind / "adapter"
    tuned.save_pretrained(path)
    (path / "README.md").unlink()
    edit(path / "adapter_config.json", lambda c: (c.update(base_model_name_or_path="base"), c["target_modules"].sort(), change(c)))
    return path


def classifiers():
    for kind, pad in (("pad_is_eos", 2), ("pad_is_none", None), ("pad_is_another", 0)):
        base = save(kind, model_of(), lambda c: c.update(pad_token_id=pad))
        classifier = lambda: transformers.LlamaForSequenceClassification.from_pretrained(base, num_labels=3)
        path = adapter(kind, classifier(), base, lambda c: c["modules_to_save"].sort(), task_type="SEQ_CLS")
        logits = logits_of(peft.PeftModel.from_pretrained(classifier(), path), PADDED)
        expect(kind, PADDED, [[row] for row in logits])


def without_task_type():
    base = save("task_type_null", model_of())
    path = adapter("task_type_null", model_of(), base)
    model = peft.PeftModel.from_pretrained(transformers.LlamaForCausalLM.from_pretrained(base), path)
    assert json.loads((path / "adapter_config.json").read_text())["task_type"] is None
    expect("task_type_null", TEXTS, logits_of(model, TEXTS))


def generation():
    """What is written ends at generation_config.json's ids, not at config.json's."""
    kind = "generation_config"
    for seed in range(99):  # until one writes some different tokens, config.json's end among them
        ids = model_of(seed).generate(torch.tensor([[3]]), max_new_tokens=12, do_sample=False, eos_token_id=[])[0].tolist()[1:]
        end = next((i for i in range(4, 12) if 2 in ids[:i] and ids[i] not in ids[:i] + [1, 3]), None)
        if end:
            break
    path = save(kind, model_of(seed))
    settings = {"bos_token_id": 3, "eos_token_id": [ids[end], 0], "temperature": 0.6, "top_p": 0.9, "repetition_penalty": 1.0}
    (path / "generation_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    model = transformers.LlamaForCausalLM.from_pretrained(path)
    written = model.generate(torch.tensor([[3]]), max_new_tokens=12, do_sample=False)[0].tolist()
    assert written[-1] == ids[end] and written[1:-1] == ids[:end], (written, ids)
    (OUT / kind / "expected.json").write_text(json.dumps({"begin": 3, "written": written[1:-1]}) + "\n")


def main():
    warnings.simplefilter("ignore")
    shutil.rmtree(OUT, ignore_errors=True)
    ropes()
    ties()
    check("wide_heads", save("wide_heads", model_of(head_dim=6)))
    classifiers()
    without_task_type()
    generation()


if __name__ == "__main__":
    main()
