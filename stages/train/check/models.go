package check

import (
	"context"

	"github.com/clinflow/clinflow/stages/train/adapter"
	"github.com/clinflow/clinflow/stages/train/adapter/adaption"
	"github.com/clinflow/clinflow/stages/train/adapter/lora"
	"github.com/clinflow/clinflow/stages/train/adapter/prefix"
	"github.com/clinflow/clinflow/stages/train/adapter/prompt"
	"github.com/clinflow/clinflow/stages/train/adapter/ptuning"
	"github.com/clinflow/clinflow/stages/train/adapter/virtual"
	"github.com/clinflow/clinflow/stages/train/graph"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/model"
	"github.com/clinflow/clinflow/stages/train/model/bert"
)

// Models are small models of every architecture with every method of adapting it but
// LoRA, which the other shapes have, and packed documents.
func Models() map[string]Shape {
	s := Shape{Hidden: 24, Intermediate: 40, Layers: 2, Heads: 4, KVHeads: 2, Vocabulary: 37, Batch: 3, Seq: 13, Rank: 2, Labels: 3}
	with := func(peftType string, method adapter.MethodConfig) Shape {
		s := s
		s.Adapter = adapter.Config{PEFTType: peftType, Method: method}
		return s
	}
	three := virtual.Tokens{NumVirtualTokens: 3}
	packed, bert, whole := s, s, s
	packed.Packed = true
	bert.BERT, bert.Dropout = true, 0.1
	whole.BERT, whole.Whole = true, true
	behindKeys := with(prefix.PEFTType, prefix.Config{Tokens: three})
	behindKeys.BERT = true
	return map[string]Shape{
		"packed documents": packed, "BERT, dropout": bert, "BERT, every parameter trained": whole, "BERT, prefixes": behindKeys,
		"projected prefixes": with(prefix.PEFTType, prefix.Config{Tokens: three, PrefixProjection: true, EncoderHiddenSize: 10}),
		"prompts":            with(prompt.PEFTType, prompt.Config{Tokens: three, PromptTuningInit: prompt.Random}),
		"p-tuning, LSTM":     with(ptuning.PEFTType, ptuning.Config{Tokens: three, EncoderReparameterizationType: ptuning.LSTM, EncoderHiddenSize: 6, EncoderNumLayers: 2}),
		"adaption prompts":   with(adaption.PEFTType, adaption.Config{AdapterLen: 4, AdapterLayers: 2}),
	}
}

// random is the base of random weights.
func (s Shape) random(b kernel.Backend, seed int64) (*model.Model, error) {
	var c model.Config = s.Config()
	if s.BERT {
		c = s.bert()
	}
	n, err := c.Random(context.Background(), b, graph.Mode(s.Whole), seed)
	if err != nil {
		return nil, err
	}
	return model.New(n), nil
}

// bert is the configuration with s.BERT.
func (s Shape) bert() bert.Config {
	return bert.Config{
		HiddenSize: s.Hidden, IntermediateSize: s.Intermediate, NumHiddenLayers: s.Layers, NumAttentionHeads: s.Heads,
		VocabSize: s.Vocabulary, MaxPositionEmbeddings: s.positions(), TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12,
		HiddenDropout: s.Dropout, AttentionDropout: s.Dropout, ClassifierDropout: s.Dropout, InitializerRange: s.Config().InitializerRange,
	}
}

// adapter is what is trained, with a head where the loss has one.
func (s Shape) adapter(loss Loss) adapter.Config {
	c := s.Adapter
	if c.PEFTType == "" {
		targets := []string{"q_proj", "v_proj"}
		if s.BERT {
			targets = []string{"query", "value"}
		}
		c = lora.Config{R: s.Rank, LoraAlpha: 2 * float64(s.Rank), LoraDropout: s.Dropout, TargetModules: targets}.Adapter(adapter.CausalLM)
	}
	c.TaskType = adapter.CausalLM
	if loss != LanguageModel {
		c.TaskType = adapter.SeqCls
	}
	return c
}
