// Package tokenize holds the stages that train tokenizers and turn notes and
// examples into token ids.
package tokenize

import (
	"context"
	"sync"

	"github.com/clinflow/clinflow/dataset"
	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
	"github.com/clinflow/clinflow/stages"
	"github.com/clinflow/clinflow/stages/tokenize/hf"
)

// Options say how a text becomes input_ids, as transformers' LlamaTokenizer
// does with truncation=True and truncation_side="right": BOS and EOS count
// towards max_length and are never cut off, the text's ids are cut at the end.
// Nothing is padded. The path of the tokenizer names what hf.Open reads.
type Options struct {
	Tokenizer string `json:"tokenizer,omitempty" path:"tokenizer.model,tokenizer.json,tokenizer_config.json,special_tokens_map.json,added_tokens.json,config.json" doc:"Hugging Face folder with a tokenizer.model, in place of the port tokenizer; the added tokens of its other files are heeded"`
	MaxLength int    `json:"max_length" default:"128" unit:"tokens" min:"1" doc:"longest input_ids, BOS and EOS included; the end of a longer text is left out"`
	AddBOS    bool   `json:"add_bos" default:"true" doc:"begin with the BOS token, as LlamaTokenizer does"`
	AddEOS    bool   `json:"add_eos" default:"false" doc:"end with the EOS token"`
}

// tokenizerPort is the port that Options.Tokenizer may stand in for.
var tokenizerPort = stages.Port{
	Name: "tokenizer", Kind: stages.KindTokenizer, Optional: true,
	Doc: "the tokenizer, unless its folder is given by the key tokenizer",
}

// tokenizer makes input_ids. It is loaded once and shared by the parts that one
// process works on; each part takes an encoder of its own from the pool.
type tokenizer struct {
	options  Options
	load     sync.Once
	err      error
	model    *hf.Tokenizer
	specials int
	encoders sync.Pool
}

func newTokenizer(o Options) (*tokenizer, error) {
	t := &tokenizer{options: o}
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
func (t *tokenizer) encoder(ctx context.Context, in stages.Inputs) (*hf.Encoder, error) {
	t.load.Do(func() { t.err = t.open(ctx, in.One(tokenizerPort.Name)) })
	if t.err != nil {
		return nil, t.err
	}
	if e, ok := t.encoders.Get().(*hf.Encoder); ok {
		return e, nil
	}
	return t.model.NewEncoder(), nil
}

func (t *tokenizer) open(ctx context.Context, bound *dataset.Dataset) (err error) {
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
	if t.model, err = hf.Open(ctx, dir); err != nil {
		return err
	}
	if t.options.AddBOS && t.model.BOS() < 0 || t.options.AddEOS && t.model.EOS() < 0 {
		return exit.Errorf(exit.Usage, "%s: the tokenizer lacks the BOS or EOS piece asked for; set add_bos or add_eos to false", dir.URI())
	}
	return nil
}

// one says whether there is one tokenizer.
func (t *tokenizer) one(bound bool) error {
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
func (t *tokenizer) Check(ctx context.Context, in stages.Givers) []stages.Fault {
	bound := in.One(tokenizerPort.Name) != nil
	if err := t.one(bound); bound || err != nil {
		return stages.FaultOf("tokenizer", err)
	}
	return stages.FaultOf("tokenizer", t.open(ctx, nil))
}

// Vocabulary is the number of pieces of a tokenizer that Check opened, else 0.
func (t *tokenizer) Vocabulary() int {
	if t.model == nil {
		return 0
	}
	return t.model.Size()
}

// inputIDs appends the ids of a text to ids, which is empty, and says whether the
// text was cut.
func (t *tokenizer) inputIDs(ids []int32, e *hf.Encoder, text string) (_ []int32, cut bool) {
	room := t.options.MaxLength - t.specials
	if t.options.AddBOS {
		ids = append(ids, t.model.BOS())
	}
	begin := len(ids)
	ids = e.EncodeFirst(ids, text, room+1)
	if cut = len(ids)-begin > room; cut {
		ids = ids[:begin+room]
	}
	if t.options.AddEOS {
		ids = append(ids, t.model.EOS())
	}
	return ids, cut
}
