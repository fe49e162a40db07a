package pickle_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/pickle"
)

// objects know one function, one class and every id that is text.
var objects = pickle.Objects{
	Global: func(name string) (any, error) {
		switch name {
		case "m.pair":
			return pickle.Function(func(args []any) (any, error) {
				if len(args) != 2 {
					return nil, errors.New("pair takes two")
				}
				return &pickle.Sequence{Items: args}, nil
			}), nil
		case "m.ordered":
			return pickle.Function(func([]any) (any, error) { return &pickle.Dict{}, nil }), nil
		case "m.class":
			return "the class", nil
		}
		return nil, errors.New("unknown " + name)
	},
	Persistent: func(id any) (any, error) {
		if text, ok := id.(string); ok {
			return "kept " + text, nil
		}
		return nil, errors.New("no id")
	},
}

func TestObjectsAreTheCallers(t *testing.T) {
	for data, want := range map[string]any{
		"cm\nclass\n.":                            "the class",
		"\x8c\x01m\x8c\x05class\x93.":             "the class",
		"cm\npair\nK\x01K\x02\x86R.":              &pickle.Sequence{Items: []any{int64(1), int64(2)}},
		"cm\nordered\n)RX\x01\x00\x00\x00aNs}Nb.": nil, // BUILD above a value that is none of the dict's
		"cm\nordered\n)RX\x01\x00\x00\x00aNs}b.":  &pickle.Dict{Pairs: []pickle.Pair{{Key: "a"}}},
		"X\x01\x00\x00\x00kQ.":                    "kept k",
		"cm\nclass\n)R.":                          nil, // no function
		"NNb.":                                    nil, // no dict
		"cm\npair\n)R.":                           nil,
		"cm\nother\n.":                            nil,
		"NQ.":                                     nil,
		"cm\nclass":                               nil,
		"NN\x93.":                                 nil,
		"\x81.":                                   nil,
	} {
		value, size, err := objects.Read([]byte(data + "more"))
		switch {
		case want == nil && (err == nil || exit.Of(err) != exit.BadData):
			t.Errorf("%q: %v, %v", data, value, err)
		case want != nil && (err != nil || size != len(data) || !cmp.Equal(want, value)):
			t.Errorf("%q: %v of %d bytes, %v", data, value, size, err)
		}
	}
	_, _, err := objects.Read([]byte("NNcm\nother\n."))
	if err == nil || !strings.Contains(err.Error(), "byte 2 of the pickle: unknown m.other") {
		t.Error(err)
	}
}
