package added

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestAround(t *testing.T) {
	const template = `{"type": "TemplateProcessing", "single": [%s], "special_tokens": {"<s>": {"id": "<s>", "ids": [7], "tokens": ["<s>"]}}}`
	const bos, text = `{"SpecialToken": {"id": "<s>", "type_id": 0}}`, `{"Sequence": {"id": "A", "type_id": 0}}`
	for _, test := range []struct{ processor, want string }{
		{"", "[] []"},
		{"null", "[] []"},
		{`{"type": "ByteLevel", "trim_offsets": false}`, "[] []"},
		{fmt.Sprintf(template, bos+","+text), "[7] []"},
		{fmt.Sprintf(template, bos+","+text+","+bos+","+bos), "[7] [7 7]"},
		{`{"type": "Sequence", "processors": [{"type": "ByteLevel"}, ` + fmt.Sprintf(template, text+","+bos) + `]}`, "[] [7]"},
		{`{"type": "BertProcessing", "sep": ["canary", 102], "cls": ["canary", 101]}`, "[101] [102]"},
		{fmt.Sprintf(template, bos), "single: is no template of one text"},
		{fmt.Sprintf(template, text+","+text), "single: is no template of one text"},
		{fmt.Sprintf(template, `{"SpecialToken": {"id": "canary"}},`+text), "not among special_tokens"},
		{`{"type": "Other"}`, `post_processor: type "Other" is not supported`},
		{`{"type": "Sequence", "processors": [{"type": "Other"}]}`, `type "Other" is not supported`},
		{`{"type": "BertProcessing", "sep": "canary"}`, "tokenizer.json: post_processor: has the wrong type"},
	} {
		before, after, err := Around(json.RawMessage(test.processor))
		got := fmt.Sprint(before, " ", after)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || strings.Contains(got, "canary") {
			t.Errorf("%s: got %s, want %s", test.processor, got, test.want)
		}
	}
}
