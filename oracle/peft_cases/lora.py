"""Tiny LLaMAs and the options of LoRA."""

import peft
import transformers

from . import Base, Case


def llama(**extra):
    config = transformers.LlamaConfig(**dict(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
        vocab_size=40, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0,
    ) | extra)
    return Base(config, transformers.LlamaForCausalLM, transformers.LlamaForSequenceClassification, transformers.LlamaForCausalLM)


BASES = {
    "llama": llama(),
    "llama_grouped": llama(num_key_value_heads=2),
    "llama_tied": llama(tie_word_embeddings=True),
}


def lora(task, **options):
    return lambda: peft.LoraConfig(task_type=task, **dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"]) | options)


CASES = {
    "llama_full": Case("llama"),
    "llama_grouped_full": Case("llama_grouped"),
    "lora": Case("llama_grouped", lora("CAUSAL_LM")),
    "lora_multi_head": Case("llama", lora("CAUSAL_LM")),
    "lora_left": Case("llama_grouped", lora("CAUSAL_LM"), pad="left"),
    "lora_softmax": Case("llama_grouped", lora("SEQ_CLS"), task="softmax"),
    "lora_softmax_left": Case("llama_grouped", lora("SEQ_CLS"), task="softmax", pad="left"),
    "lora_sigmoid": Case("llama_grouped", lora("SEQ_CLS"), task="sigmoid"),
}

# Options of LoraConfig, one or a few at a time.
OPTIONS = {
    "default_targets": dict(target_modules=None),
    "all_linear": dict(target_modules="all-linear"),
    "pattern": dict(target_modules=r".*\.0\.(self_attn\.[qk]|mlp\.down)_proj"),
    "excluded": dict(target_modules="all-linear", exclude_modules=["mlp.up_proj", "model.layers.1.self_attn.q_proj"]),
    "excluded_pattern": dict(exclude_modules=r".*\.1\..*"),
    "layers": dict(layers_to_transform=[1]),
    "layers_pattern": dict(layers_to_transform=0, layers_pattern="layers", target_modules=["o_proj", "model.layers.1.self_attn.k_proj"]),
    "rslora": dict(use_rslora=True, r=3),
    "rank_pattern": dict(rank_pattern={r"layers\.0\..*_proj": 3, "q_proj": 1}, alpha_pattern={r".*\.0\..*": 1.5, "v_proj": 7}),
    "rank_pattern_rslora": dict(rank_pattern={"q_proj": 5}, alpha_pattern={r"layers\.1\.self_attn\.q_proj": 9}, use_rslora=True),
    "norms": dict(modules_to_save=["norm"]),
    "embeddings": dict(modules_to_save=["embed_tokens", "lm_head"]),
    "feed_forward": dict(modules_to_save=["mlp"], target_modules="all-linear"),
    "dropout": dict(lora_dropout=0.3),
}
CASES |= {f"lora_{name}": Case("llama_grouped", lora("CAUSAL_LM", **options)) for name, options in OPTIONS.items()}
CASES |= {
    "lora_bias_all": Case("llama_biased", lora("CAUSAL_LM", bias="all")),
    "lora_bias_lora_only": Case("llama_biased", lora("CAUSAL_LM", bias="lora_only", target_modules=["q_proj", "down_proj"])),
    "lora_softmax_embeddings": Case("llama_tied", lora("SEQ_CLS", modules_to_save=["embed_tokens"]), task="softmax"),
    "lora_sigmoid_bias_all": Case("llama_biased", lora("SEQ_CLS", bias="all", modules_to_save=["k_proj", "model.norm"]), task="sigmoid"),
    "head_alone": Case("llama_grouped", lora("SEQ_CLS", target_modules="dummy-target-modules"), task="softmax"),
    "head_alone_norm": Case("llama_grouped", lora("SEQ_CLS", target_modules="dummy-target-modules", modules_to_save=["model.norm"]), task="softmax"),
}

BERTS = {
    "default_targets": dict(target_modules=None),
    "all_linear": dict(target_modules="all-linear", layers_to_transform=None),
    "layers": dict(target_modules=["dense"], layers_to_transform=[1], layers_pattern=["layer"]),
    "bias_all": dict(target_modules=["value", "pooler.dense"], bias="all"),
    "bias_lora_only": dict(target_modules=["query", "intermediate.dense"], bias="lora_only"),
    "modules": dict(target_modules="all-linear", modules_to_save=["pooler", "LayerNorm", "word_embeddings"]),
    "modules_bias_all": dict(target_modules=["query"], modules_to_save=["pooler", "LayerNorm"], bias="all"),
    "head_alone": dict(target_modules="dummy-target-modules", modules_to_save=["attention.self"]),
}
CASES |= {f"bert_lora_{name}": Case("bert", lora("SEQ_CLS", **options), task="softmax") for name, options in BERTS.items()}
