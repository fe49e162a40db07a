"""Tiny BERTs: all of a base trained under a head, LoRA, and a head alone."""

import peft
import transformers

from . import Base, Case, Variant


def bert(saved=transformers.BertForPreTraining, **extra):
    config = transformers.BertConfig(**dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
        vocab_size=40, max_position_embeddings=32, type_vocab_size=2, pad_token_id=0,
    ) | extra)
    return Base(config, saved, transformers.BertForSequenceClassification)


BASES = {
    "bert": bert(),
    "bert_new": bert(saved=transformers.BertModel, hidden_act="gelu_new", layer_norm_eps=1e-5),
    "bert_padded": bert(pad_token_id=17),  # which is a token of the text too: torch trains no row of padding
    "bert_relu": bert(hidden_act="relu", num_attention_heads=2),
}


def lora(*targets, **options):
    return lambda: peft.LoraConfig(task_type="SEQ_CLS", target_modules=list(targets), **dict(r=2, lora_alpha=4) | options)


CASES = {
    "bert_full": Case("bert", lora("query"), task="softmax", full=True),
    "bert_full_new": Case("bert_new", lora("query"), task="sigmoid", full=True),
    "bert_full_weighted": Case("bert_relu", lora("query"), task="softmax", full=True, class_weights=[0.5, 2.0, 3.0]),
    "bert_full_positions": Case("bert", lora("query"), task="softmax", full=True, positions=True),
    "bert_full_padded": Case("bert_padded", lora("query"), task="softmax", full=True),
    "bert_lora": Case("bert", lora("query", "value"), task="softmax"),
    "bert_lora_dense": Case("bert_new", lora("dense", "key"), task="sigmoid"),
    "bert_lora_positions": Case("bert", lora("query", "value"), task="softmax", positions=True),
}


def variant(set=None, drop=(), field=""):
    return Variant("bert", set or {}, drop, field, adapter="bert_lora")


VARIANTS = {
    "BERT as it is": variant(),
    "BERT with another epsilon": variant(dict(layer_norm_eps=0.01)),
    "BERT with an epsilon of null": variant(dict(layer_norm_eps=None)),
    "BERT with two heads": variant(dict(num_attention_heads=2)),
    "BERT with three heads": variant(dict(num_attention_heads=3)),
    "BERT with gelu_new": variant(dict(hidden_act="gelu_new")),
    "BERT with gelu_pytorch_tanh": variant(dict(hidden_act="gelu_pytorch_tanh")),
    "BERT with relu": variant(dict(hidden_act="relu")),
    "BERT with silu": variant(dict(hidden_act="silu")),
    "BERT with an activation of tomorrow": variant(dict(hidden_act="tomorrow")),
    "BERT with dropout": variant(dict(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5, classifier_dropout=0.5)),
    "BERT without classifier_dropout": variant(drop=("classifier_dropout",)),
    "BERT with relative positions": variant(dict(position_embedding_type="relative_key")),
    "BERT with absolute positions": variant(dict(position_embedding_type="absolute")),
    "BERT with fewer positions": variant(dict(max_position_embeddings=16), field="position_embeddings"),
    "BERT with one type": variant(dict(type_vocab_size=1), field="token_type_embeddings"),
    "BERT with a larger vocabulary": variant(dict(vocab_size=41), field="word_embeddings"),
    "BERT with fewer layers": variant(dict(num_hidden_layers=1), field="layer.1."),
    "BERT with more layers": variant(dict(num_hidden_layers=3), field="layer.2."),
    "BERT with a wider intermediate": variant(dict(intermediate_size=32), field="intermediate.dense"),
    "BERT as a decoder": variant(dict(is_decoder=True)),
    "BERT with cross-attention": variant(dict(is_decoder=True, add_cross_attention=True)),
    "BERT with cross-attention alone": variant(dict(add_cross_attention=True)),
    "BERT with pruned heads": variant(dict(pruned_heads={"0": [1]})),
    "BERT in chunks": variant(dict(chunk_size_feed_forward=1)),
    "BERT quantised": variant(dict(quantization_config=dict(quant_method="awq", bits=4))),
    "BERT of UMLS": variant(dict(tui_size=7)),
    "BERT of an old version": variant(dict(gradient_checkpointing=False, output_past=True, pruned_heads={}, use_bfloat16=False,
                                           directionality="bidi", pooler_type="first_token_transform", torch_dtype="float16")),
    "BERT with a key of tomorrow": variant(dict(attention_temperature=2.0)),
    "BERT as RoBERTa": variant(dict(model_type="roberta")),
}
