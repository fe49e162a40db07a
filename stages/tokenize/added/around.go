package added

import (
	"encoding/json"
	"fmt"
	"slices"
)

// processor is post_processor of tokenizer.json, one of the library's
// (https://huggingface.co/docs/tokenizers/api/post-processors).
type processor struct {
	Type       string      `json:"type"`
	Processors []processor `json:"processors"` // of a Sequence
	Single     []struct {  // of TemplateProcessing: around one text
		SpecialToken *struct {
			ID string `json:"id"`
		}
		Sequence *struct{}
	} `json:"single"`
	SpecialTokens map[string]struct {
		IDs []int32 `json:"ids"`
	} `json:"special_tokens"`
	CLS marked `json:"cls"` // of BertProcessing and RobertaProcessing
	SEP marked `json:"sep"`
}

// marked is a token with its id, a list of two.
type marked struct{ id int32 }

// UnmarshalJSON implements json.Unmarshaler.
func (m *marked) UnmarshalJSON(data []byte) error {
	var text string
	return json.Unmarshal(data, &[]any{&text, &m.id})
}

// Around are the ids that a post_processor of tokenizer.json puts before and after
// one text. One of a type that is not known is an error that names it.
func Around(postProcessor json.RawMessage) (before, after []int32, err error) {
	var p *processor
	if len(postProcessor) > 0 {
		if err := into(postProcessor, &p); err != nil {
			return nil, nil, fmt.Errorf("%s: post_processor: %w", FastFile, err)
		}
	}
	if p == nil {
		return nil, nil, nil
	}
	if before, after, err = p.around(); err != nil {
		err = fmt.Errorf("%s: post_processor: %w", FastFile, err)
	}
	return before, after, err
}

func (p processor) around() (before, after []int32, err error) {
	switch p.Type {
	case "ByteLevel": // moves offsets, and no ids
		return nil, nil, nil
	case "TemplateProcessing":
		return p.template()
	case "BertProcessing", "RobertaProcessing":
		return []int32{p.CLS.id}, []int32{p.SEP.id}, nil
	case "Sequence":
		for _, inner := range p.Processors {
			first, last, err := inner.around()
			if err != nil {
				return nil, nil, err
			}
			before, after = slices.Concat(first, before), slices.Concat(after, last)
		}
		return before, after, nil
	}
	return nil, nil, fmt.Errorf("type %q is not supported; only TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel and a Sequence of them are", p.Type)
}

// template reads the parts around the one text of a template.
func (p processor) template() (before, after []int32, err error) {
	texts, ids := 0, [2][]int32{}
	for _, part := range p.Single {
		switch {
		case part.SpecialToken == nil && part.Sequence != nil && texts == 0:
			texts++
		case part.SpecialToken != nil && part.Sequence == nil:
			of, known := p.SpecialTokens[part.SpecialToken.ID]
			if !known {
				return nil, nil, fmt.Errorf("single: a special token is not among special_tokens")
			}
			ids[texts] = append(ids[texts], of.IDs...)
		default:
			return nil, nil, fmt.Errorf("single: is no template of one text")
		}
	}
	if texts == 0 {
		return nil, nil, fmt.Errorf("single: is no template of one text")
	}
	return ids[0], ids[1], nil
}
