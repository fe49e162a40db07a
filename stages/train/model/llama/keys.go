package llama

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/internal/jsonfile"
)

// harmless are keys of config.json that do not change what a LLaMA computes: names,
// labels and types that transformers and its versions note down, outputs that may be
// asked for, and settings of generation, which config.json had before
// generation_config.json was.
var harmless = []string{
	"_attn_implementation_autoset", "_name_or_path", "architectures", "chunk_size_feed_forward", "dtype", "id2label",
	"is_encoder_decoder", "label2id", "max_sequence_length", "output_attentions", "output_hidden_states",
	"pretraining_tp", "problem_type", "return_dict", "torch_dtype", "transformers_version", "use_cache",

	"assistant_confidence_threshold", "assistant_lookbehind", "bad_words_ids", "begin_suppress_tokens", "diversity_penalty",
	"do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "encoder_repetition_penalty", "epsilon_cutoff",
	"eta_cutoff", "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "length_penalty",
	"max_length", "min_length", "no_repeat_ngram_size", "num_assistant_tokens", "num_assistant_tokens_schedule",
	"num_beam_groups", "num_beams", "num_return_sequences", "output_scores", "remove_invalid_values", "repetition_penalty",
	"return_dict_in_generate", "suppress_tokens", "target_lookbehind", "temperature", "top_k", "top_p", "typical_p",
}

// unknownKeys are the keys that are set and that nothing here knows.
func unknownKeys(data []byte) []string {
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(data, &keys) // parseConfig refuses what is no object
	file := reflect.TypeFor[configFile]()
	for i := range file.NumField() {
		delete(keys, file.Field(i).Tag.Get("json"))
	}
	var unknown []string
	for key, raw := range keys {
		if jsonfile.IsSet(raw) && !slices.Contains(harmless, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// tellUnknown logs the keys that are left aside: transformers' LLaMA knows none of
// them, but whoever wrote them may have computed with more than it.
func tellUnknown(path string, data []byte) {
	if keys := unknownKeys(data); len(keys) > 0 {
		log.Warn().Msgf("%s: %s: this program does not know what it is for, nor does LLaMA of transformers; it is left aside", path, strings.Join(keys, ", "))
	}
}
