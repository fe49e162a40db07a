"""Whose rows of the base's embedding PEFT begins with in prompt tuning of TEXT.

Run from the repository root: python oracle/prompt_text.py
Writes stages/train/adapter/prompt/testdata/text_rows.json: per number of virtual tokens
the ids, with the tokenizer of stages/tokenize/testdata/folder.
"""

import json
import pathlib

import peft
import torch

ROOT = pathlib.Path(__file__).resolve().parent.parent / "stages"
TEXT = "Finish this clinical note:"


def rows(tokens):
    config = peft.PromptTuningConfig(
        num_virtual_tokens=tokens, token_dim=1, num_transformer_submodules=1, prompt_tuning_init="TEXT",
        prompt_tuning_init_text=TEXT, tokenizer_name_or_path=str(ROOT / "tokenize" / "testdata" / "folder"))
    table = torch.nn.Embedding.from_pretrained(torch.arange(4096.0)[:, None])  # row i holds i
    return peft.tuners.PromptEmbedding(config, table).embedding.weight[:, 0].int().tolist()


out = ROOT / "train" / "adapter" / "prompt" / "testdata" / "text_rows.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(dict(text=TEXT, rows={n: rows(n) for n in (1, 3, 15, 40)})) + "\n")
