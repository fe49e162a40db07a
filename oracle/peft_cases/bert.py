"""Tiny BERTs: all of a base trained under a head, LoRA, and a head alone."""

import peft
import transformers

from . import Base, Case


def bert(saved=transformers.BertForPreTraining, **extra):
    config = transformers.BertConfig(**dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        vocab_size=40, max_position_embeddings=32, type_vocab_size=2, pad_token_id=0,
    ) | extra)
    return Base(config, saved, transformers.BertForSequenceClassification)


BASES = {
    "bert": bert(),
    "bert_new": bert(saved=transformers.BertModel, hidden_act="gelu_new", layer_norm_eps=1e-5),
    "bert_relu": bert(hidden_act="relu", num_attention_heads=2),
}


def lora(*targets, **options):
    return lambda: peft.LoraConfig(task_type="SEQ_CLS", target_modules=list(targets), **dict(r=2, lora_alpha=4) | options)


CASES = {
    "bert_full": Case("bert", lora("query"), task="softmax", full=True),
    "bert_full_new": Case("bert_new", lora("query"), task="sigmoid", full=True),
    "bert_full_weighted": Case("bert_relu", lora("query"), task="softmax", full=True, class_weights=[0.5, 2.0, 3.0]),
    "bert_full_positions": Case("bert", lora("query"), task="softmax", full=True, positions=True),
    "bert_lora": Case("bert", lora("query", "value"), task="softmax"),
    "bert_lora_dense": Case("bert_new", lora("dense", "key"), task="sigmoid"),
    "bert_lora_positions": Case("bert", lora("query", "value"), task="softmax", positions=True),
}
