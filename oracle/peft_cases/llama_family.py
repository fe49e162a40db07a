"""Tiny models of what LLaMA's family differs in: biases, stretched rotary embeddings,
Qwen2 and Mistral. The windows are as wide as the longest text: the narrowest that is not
refused. VARIANTS are config.json files of them, for a text of as many tokens."""

import transformers

from . import Base, Case, Variant
from .lora import llama, lora

SIZES = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             vocab_size=40, max_position_embeddings=32, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)
# One frequency of eight is left as it is, two are in between, five are divided.
LLAMA3 = dict(rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)

BASES = {
    "llama_padded": llama(pad_token_id=17),  # which is a token of the text too: torch trains no row of padding
    "llama_biased": llama(attention_bias=True, mlp_bias=True, num_key_value_heads=2),
    "llama3": llama(num_attention_heads=2, num_key_value_heads=1, head_dim=16, max_position_embeddings=512, rope_parameters=LLAMA3),
    "llama_linear": llama(rope_parameters=dict(rope_type="linear", rope_theta=500.0, factor=4.0)),
    "qwen2": Base(transformers.Qwen2Config(**SIZES, tie_word_embeddings=True, use_sliding_window=True, sliding_window=7, max_window_layers=1),
                  transformers.Qwen2ForCausalLM, transformers.Qwen2ForSequenceClassification, transformers.Qwen2ForCausalLM),
    "mistral": Base(transformers.MistralConfig(**SIZES, head_dim=8, sliding_window=7),
                    transformers.MistralForCausalLM, transformers.MistralForSequenceClassification, transformers.MistralForCausalLM),
}

CASES = {f"{base}_full": Case(base) for base in BASES}
CASES |= {f"{base}_lora": Case(base, lora("CAUSAL_LM", target_modules="all-linear")) for base in ("llama_biased", "qwen2")}
CASES |= {f"{base}_softmax": Case(base, lora("SEQ_CLS"), task="softmax") for base in BASES if base != "llama_padded"}
CASES |= {f"{base}_full_softmax": Case(base, lora("SEQ_CLS"), task="softmax", full=True) for base in ("llama_biased", "qwen2", "mistral")}


def rope(base="llama", field="", **parameters):
    return Variant(base, dict(rope_scaling=parameters), drop=("rope_parameters",), field=field and "rope_scaling." + field)


VARIANTS = {
    "as it is": Variant("llama"),
    "another epsilon": Variant("llama", dict(rms_norm_eps=0.01)),
    "no epsilon": Variant("llama", dict(rms_norm_eps=None)),
    "theta at the top": Variant("llama", dict(rope_theta=50.0), drop=("rope_parameters",)),
    "theta null": Variant("llama", dict(rope_theta=None), drop=("rope_parameters",)),
    "rope linear": rope(type="linear", factor=2.0),
    "rope linear, both names": rope(type="default", rope_type="linear", factor=2.0, rope_theta=50.0),
    "rope linear without factor": rope(type="linear", field="factor"),
    "rope dynamic": rope(type="dynamic", factor=2.0, field="rope_type"),
    "rope yarn": rope(rope_type="yarn", factor=2.0, original_max_position_embeddings=4, field="rope_type"),
    "rope longrope": rope(rope_type="longrope", factor=2.0, short_factor=[1.0, 1.0], long_factor=[1.0, 2.0],
                          original_max_position_embeddings=4, field="rope_type"),
    "rope of tomorrow": rope(rope_type="tomorrow", factor=2.0, field="rope_type"),
    "rope llama3": rope(**{**LLAMA3, "original_max_position_embeddings": 16}),
    "rope llama3 of its positions": rope(rope_type="llama3", factor=2.0, low_freq_factor=1.0, high_freq_factor=4.0),
    "rope llama3 without high_freq_factor": rope(rope_type="llama3", factor=2.0, low_freq_factor=1.0, field="high_freq_factor"),
    "rope llama3, original positions outside": Variant("llama3", dict(original_max_position_embeddings=8)),
    "rope of a part": Variant("llama3", dict(partial_rotary_factor=0.5)),
    "rope with an unknown key": rope(rope_type="default", mscale=2.0, field="mscale"),
    "two heads": Variant("llama", dict(num_attention_heads=2, num_key_value_heads=2), drop=("head_dim",)),
    "three heads": Variant("llama", dict(num_attention_heads=3), drop=("head_dim", "num_key_value_heads")),
    "no key heads": Variant("llama", dict(num_key_value_heads=None)),
    "fewer key heads": Variant("llama", dict(num_key_value_heads=2), field="k_proj"),
    "narrow heads": Variant("llama", dict(head_dim=2), field="q_proj"),
    "gelu": Variant("llama", dict(hidden_act="gelu")),
    "an activation of tomorrow": Variant("llama", dict(hidden_act="tomorrow")),
    "tied": Variant("llama", dict(tie_word_embeddings=True)),
    "few positions": Variant("llama", dict(max_position_embeddings=4)),
    "biases that are not there": Variant("llama", dict(attention_bias=True), field="q_proj.bias"),
    "biases without a place": Variant("llama_biased", dict(mlp_bias=False), field="_proj.bias"),
    "attention dropout": Variant("llama", dict(attention_dropout=0.5)),
    "attention to later tokens": Variant("llama", dict(is_causal=False)),
    "attention of null": Variant("llama", dict(is_causal=None)),
    "a window that LLaMA has not": Variant("llama", dict(sliding_window=3)),
    "layer types that LLaMA has not": Variant("llama", dict(layer_types=["sliding_attention", "full_attention"])),
    "scaled logits": Variant("llama", dict(logits_scaling=8.0)),
    "quantised": Variant("llama", dict(quantization_config=dict(quant_method="awq", bits=4))),
    "layers of their own": Variant("llama", dict(per_layer_config={"0": {"intermediate_size": 12}})),
    "a larger vocabulary": Variant("llama", dict(vocab_size=41), field="embed_tokens"),
    "fewer layers": Variant("llama", dict(num_hidden_layers=1), field="layers.1."),
    "more layers": Variant("llama", dict(num_hidden_layers=3), field="layers.2."),
    "no padding": Variant("llama", dict(pad_token_id=None, use_cache=False, pretraining_tp=2, torch_dtype="float16")),
    "padding outside": Variant("llama", dict(pad_token_id=40)),
    "of another type": Variant("llama", dict(model_type="gemma")),
    "Qwen2 without a window": Variant("qwen2", dict(use_sliding_window=False, sliding_window=3), drop=("layer_types",)),
    "Qwen2 with a narrow window": Variant("qwen2", dict(sliding_window=3)),
    "Qwen2 with a window behind its layers": Variant("qwen2", dict(sliding_window=3, max_window_layers=2), drop=("layer_types",)),
    "Qwen2 with windows and no width": Variant("qwen2", dict(use_sliding_window=False), field="layer_types"),
    "Qwen2 with another layer type": Variant("qwen2", dict(layer_types=["full_attention", "chunked_attention"])),
    "Qwen2 without biases": Variant("qwen2", dict(attention_bias=False)),
    "Qwen2 with a head_dim of null": Variant("qwen2", dict(head_dim=None)),
    "Qwen2 not tied": Variant("qwen2", dict(tie_word_embeddings=False)),
    "Qwen2 as Qwen3": Variant("qwen2", dict(model_type="qwen3")),
    "Mistral without a window": Variant("mistral", dict(sliding_window=None)),
    "Mistral with its default window": Variant("mistral", drop=("sliding_window",)),
    "Mistral with a narrow window": Variant("mistral", dict(sliding_window=6)),
    "Mistral without key heads": Variant("mistral", dict(num_key_value_heads=None)),
    "Mistral without its head_dim": Variant("mistral", drop=("head_dim",), field="q_proj"),
    "Mistral as LLaMA": Variant("mistral", dict(model_type="llama", sliding_window=None)),
}
