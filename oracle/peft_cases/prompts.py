"""Virtual tokens, prefixes and adaption prompts over the tiny LLaMAs and BERTs."""

import peft

from . import Case, Variant


def prompt(task, **options):
    return lambda: peft.PromptTuningConfig(task_type=task, num_virtual_tokens=3, **options)


def prefix(task, **options):
    return lambda: peft.PrefixTuningConfig(task_type=task, num_virtual_tokens=3, **options)


def p_tuning(task, kind, **options):
    return lambda: peft.PromptEncoderConfig(
        task_type=task, num_virtual_tokens=4, encoder_reparameterization_type=kind, encoder_hidden_size=5, **options)


def adaption(task, **options):
    return lambda: peft.AdaptionPromptConfig(task_type=task, **dict(adapter_len=3, adapter_layers=1) | options)


# Where peft reads a row of padding there is no case: a LLaMA's classifier pools one of
# texts that are padded on the right behind virtual tokens, as transformers cannot see the
# padding in inputs_embeds; a BERT's pools one of texts padded on the left behind a prefix;
# and of a language model padded on the left the first token is predicted from one.
CASES = {
    "prompt": Case("llama_grouped", prompt("CAUSAL_LM")),
    "prompt_softmax_left": Case("llama", prompt("SEQ_CLS"), task="softmax", pad="left"),
    "prompt_sigmoid_left": Case("llama_grouped", prompt("SEQ_CLS"), task="sigmoid", pad="left"),
    "prefix": Case("llama_grouped", prefix("CAUSAL_LM")),
    "prefix_left": Case("llama", prefix("CAUSAL_LM"), pad="left"),
    "prefix_softmax": Case("llama", prefix("SEQ_CLS"), task="softmax"),
    "prefix_sigmoid_left": Case("llama_grouped", prefix("SEQ_CLS"), task="sigmoid", pad="left"),
    "prefix_projection": Case("llama_grouped", prefix("CAUSAL_LM", prefix_projection=True)),
    "prefix_projection_softmax": Case("llama_grouped", prefix("SEQ_CLS", prefix_projection=True, encoder_hidden_size=5), task="softmax"),
    "p_tuning_mlp": Case("llama_grouped", p_tuning("CAUSAL_LM", "MLP")),
    "p_tuning_mlp_softmax_left": Case("llama", p_tuning("SEQ_CLS", "MLP"), task="softmax", pad="left"),
    "p_tuning_lstm": Case("llama_grouped", p_tuning("CAUSAL_LM", "LSTM")),
    "p_tuning_lstm_one": Case("llama_grouped", p_tuning("CAUSAL_LM", "LSTM", encoder_num_layers=1)),
    "p_tuning_lstm_sigmoid_left": Case("llama", p_tuning("SEQ_CLS", "LSTM", encoder_num_layers=3), task="sigmoid", pad="left"),
    "bert_prompt": Case("bert", prompt("SEQ_CLS"), task="softmax"),
    "bert_prompt_left": Case("bert", prompt("SEQ_CLS"), task="sigmoid", pad="left"),
    "bert_prefix": Case("bert", prefix("SEQ_CLS"), task="softmax"),
    "bert_prefix_projection": Case("bert", prefix("SEQ_CLS", prefix_projection=True), task="sigmoid"),
    "bert_p_tuning_mlp": Case("bert", p_tuning("SEQ_CLS", "MLP"), task="softmax"),
    "bert_p_tuning_lstm": Case("bert", p_tuning("SEQ_CLS", "LSTM"), task="sigmoid"),
    "adaption": Case("llama_grouped", adaption("CAUSAL_LM", adapter_len=4)),
    "adaption_all_left": Case("llama", adaption("CAUSAL_LM", adapter_layers=2), pad="left"),
    "adaption_softmax": Case("llama_grouped", adaption("SEQ_CLS", adapter_layers=2), task="softmax"),
    "adaption_sigmoid_left": Case("llama", adaption("SEQ_CLS"), task="sigmoid", pad="left"),
}


def changed(of, drop=(), field="", **keys):
    return Variant(CASES[of].base, adapter=of, file="adapter_config.json", set=keys, drop=list(drop), field=field)


VARIANTS = {
    "prompt as it is": changed("prompt"),
    "prompt, nothing of the base": changed("prompt", drop=("token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules")),
    "prompt, nulls of the base": changed("prompt", token_dim=None, num_layers=None, num_attention_heads=None, num_transformer_submodules=None),
    "prompt, more tokens": changed("prompt", num_virtual_tokens=4, field="prompt_embeddings"),
    "prompt, no tokens": changed("prompt", num_virtual_tokens=0),
    "prompt, tokens null": changed("prompt", num_virtual_tokens=None),
    "prompt, another width": changed("prompt", token_dim=8),
    "prompt, another depth": changed("prompt", num_layers=3),
    "prompt, other heads": changed("prompt", num_attention_heads=2),
    "prompt, two submodules": changed("prompt", num_transformer_submodules=2),
    "prompt of a text": changed("prompt", prompt_tuning_init="TEXT", prompt_tuning_init_text="a", tokenizer_name_or_path="base"),
    "prompt of no text": changed("prompt", prompt_tuning_init="TEXT", tokenizer_name_or_path="base", field="prompt_tuning_init_text"),
    "prompt of a text, no tokenizer": changed("prompt", prompt_tuning_init="TEXT", prompt_tuning_init_text="a", field="tokenizer_name_or_path"),
    "prompt of sampled words": changed("prompt", prompt_tuning_init="SAMPLE_VOCAB"),
    "prompt of another beginning": changed("prompt", prompt_tuning_init="NOISE"),
    "prompt, arguments of a tokenizer": changed("prompt", tokenizer_kwargs={"use_fast": True}),
    "prompt of another type": changed("prompt", peft_type="CPT"),
    "prefix as it is": changed("prefix"),
    "prefix with a projection": changed("prefix", prefix_projection=True),
    "projection as it is": changed("prefix_projection"),
    "projection without one": changed("prefix_projection", prefix_projection=False),
    "projection, inside another width": changed("prefix_projection", encoder_hidden_size=7),
    "projection, inside no width": changed("prefix_projection", encoder_hidden_size=None),
    "prefix, heads of the queries": changed("prefix", num_attention_heads=4),
    "prefix, width of the queries": changed("prefix", token_dim=16),
    "prefix, half the width": changed("prefix", token_dim=4),
    "prefix, one layer": changed("prefix", num_layers=1),
    "prefix of zeros": changed("prefix", init_weights="zero"),
    "p-tuning as it is": changed("p_tuning_lstm"),
    "p-tuning by an MLP": changed("p_tuning_lstm", encoder_reparameterization_type="MLP"),
    "p-tuning by a GRU": changed("p_tuning_lstm", encoder_reparameterization_type="GRU"),
    "p-tuning, other layers": changed("p_tuning_lstm", encoder_num_layers=5),
    "p-tuning, dropout": changed("p_tuning_lstm", encoder_dropout=0.5),
    "p-tuning, inside another width": changed("p_tuning_lstm", encoder_hidden_size=7),
    "p-tuning over a softmax": changed("p_tuning_mlp_softmax_left"),
    "adaption as it is": changed("adaption"),
    "adaption, no target": changed("adaption", target_modules=None),
    "adaption, another target": changed("adaption", target_modules="mlp"),
    "adaption, more layers": changed("adaption", adapter_layers=2, field="adaption_prompt"),
    "adaption, more layers than there are": changed("adaption", adapter_layers=3),
    "adaption, no layers": changed("adaption", adapter_layers=0),
    "adaption, layers null": changed("adaption", adapter_layers=None),
    "adaption, longer": changed("adaption", adapter_len=5, field="adaption_prompt"),
    "adaption, length null": changed("adaption", adapter_len=None),
    "adaption over a softmax": changed("adaption_softmax"),
    "prompt, not for inference": changed("prompt", inference_mode=False),
}
