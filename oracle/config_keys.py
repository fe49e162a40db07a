"""The keys that transformers and peft write into their configuration files.

Run from the repository root: python oracle/config_keys.py
Writes testdata/config_keys.json beside the code that reads each file: a key with its
default. A test there walks them: each is used, known to be harmless, or refused.
"""

import dataclasses
import json
import pathlib

import peft
import transformers

TRAIN = pathlib.Path(__file__).resolve().parent.parent / "stages" / "train"


def write(path, keys):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(keys, indent=1, sort_keys=True, default=list) + "\n")


def model(cls):
    """config.json: what is saved, and what was saved there before transformers 5."""
    old = {"torch_dtype": None, "rope_scaling": None, "rope_theta": 10000.0}
    if cls is transformers.BertConfig:
        old = {"torch_dtype": None, "position_embedding_type": "absolute", "pruned_heads": {}, "gradient_checkpointing": False}
    return {**transformers.GenerationConfig._get_default_generation_params(), **old, **cls().to_dict()}


def lora():
    """adapter_config.json: all fields, of which some are saved only when they are set."""
    fields = {f.name: None for f in dataclasses.fields(peft.LoraConfig)}
    return {**fields, **peft.LoraConfig().to_dict()}


def main():
    for cls in (transformers.LlamaConfig, transformers.Qwen2Config, transformers.MistralConfig, transformers.BertConfig):
        write(TRAIN / "model" / "testdata" / "config_keys" / f"{cls.model_type}.json", model(cls))
    write(TRAIN / "adapter" / "lora" / "testdata" / "config_keys.json", lora())


if __name__ == "__main__":
    main()
