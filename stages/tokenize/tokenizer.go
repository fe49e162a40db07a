// Package tokenize holds the stages that train tokenizers and turn notes and texts
// into token ids.
package tokenize

import (
	"context"
	"sync"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/tokenizer"
)

// Options say how a text becomes input_ids, as transformers' LlamaTokenizer
// does with truncation=True and truncation_side="right": BOS and EOS count
// towards max_length and are never cut off, the text's ids are cut at the end.
// Nothing is padded. The path of the tokenizer names tokenizer.Files.
type Options struct {
	Tokenizer string `json:"tokenizer,omitempty" path:"tokenizer.model,tokenizer.json,vocab.txt,vocab.json,merges.txt,tokenizer_config.json,special_tokens_map.json,added_tokens.json,config.json" doc:"Hugging Face folder with a tokenizer, such as a tokenizer.model, in place of the port tokenizer; the added tokens of its other files are heeded"`
	MaxLength int    `json:"max_length" default:"128" unit:"tokens" min:"1" doc:"longest input_ids, BOS and EOS included; the end of a longer text is left out"`
	AddBOS    bool   `json:"add_bos" default:"true" doc:"begin with the BOS token, as LlamaTokenizer does"`
	AddEOS    bool   `json:"add_eos" default:"false" doc:"end with the EOS token"`
}

// tokenizerPort is the port that Options.Tokenizer may stand in for.
var tokenizerPort = stages.Port{
	Name: "tokenizer", Kind: stages.KindTokenizer, Optional: true,
	Doc: "the tokenizer, unless its folder is given by the key tokenizer",
}

// encoding makes input_ids of texts. Its tokenizer is opened once and shared by the
// parts that one process works on; each part takes an encoder of its own.
type encoding struct {
	options   Options
	specials  int // how many of BOS and EOS are added
	load      sync.Once
	err       error // of load
	tokenizer tokenizer.Tokenizer
	special   tokenizer.Special
	encoders  sync.Pool // of tokenizer.Encoder
}

func newEncoding(o Options) (*encoding, error) {
	t := &encoding{options: o}
	for _, added := range []bool{o.AddBOS, o.AddEOS} {
		if added {
			t.specials++
		}
	}
	if o.MaxLength <= t.specials {
		return nil, exit.Errorf(exit.Usage, "max_length %d leaves no room beside BOS and EOS; raise it", o.MaxLength)
	}
	return t, nil
}

// encoder returns an encoder for one part; give it back with t.encoders.Put.
func (t *encoding) encoder(ctx context.Context, in stages.Inputs) (tokenizer.Encoder, error) {
	t.load.Do(func() { t.err = t.open(ctx, in.One(tokenizerPort.Name)) })
	if t.err != nil {
		return nil, t.err
	}
	if e, ok := t.encoders.Get().(tokenizer.Encoder); ok {
		return e, nil
	}
	return t.tokenizer.NewEncoder(), nil
}

func (t *encoding) open(ctx context.Context, bound *dataset.Dataset) (err error) {
	if err := t.one(bound != nil); err != nil {
		return err
	}
	var dir store.Dir
	if bound != nil {
		dir, err = bound.Dir(), bound.CheckFiles(ctx)
	} else {
		dir, err = store.Open(t.options.Tokenizer)
	}
	if err != nil {
		return err
	}
	if t.tokenizer, err = tokenizer.Open(ctx, dir); err != nil {
		return err
	}
	t.special = t.tokenizer.Special()
	if t.options.AddBOS && t.special.BOS < 0 || t.options.AddEOS && t.special.EOS < 0 {
		return exit.Errorf(exit.Usage, "%s: the tokenizer lacks the BOS or EOS piece asked for; set add_bos or add_eos to false", dir.URI())
	}
	return nil
}

// one says whether there is one tokenizer.
func (t *encoding) one(bound bool) error {
	switch given := t.options.Tokenizer != ""; {
	case bound && given:
		return exit.Errorf(exit.Usage, "tokenizer: is given as a step and as a path; give one")
	case !bound && !given:
		return exit.Errorf(exit.Usage, "tokenizer: is missing; bind a tokenizer to the port or give the path of its folder")
	default:
		return nil
	}
}

// Check opens a tokenizer that is given by its path.
func (t *encoding) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	bound := in.One(tokenizerPort.Name) != nil
	if err := t.one(bound); bound || err != nil {
		return stages.FaultOf("tokenizer", err)
	}
	return stages.FaultOf("tokenizer", t.open(ctx, nil))
}

// Vocabulary is the number of tokens of a tokenizer that Check opened, else 0.
func (t *encoding) Vocabulary() int {
	if t.tokenizer == nil {
		return 0
	}
	return t.tokenizer.Size()
}
