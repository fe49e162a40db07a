"""Virtual tokens, prefixes and adaption prompts over the tiny LLaMAs and BERTs."""

import peft

from . import Case


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
