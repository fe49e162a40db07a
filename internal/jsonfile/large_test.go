package jsonfile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// members are those that EachMember visits, the last of a name.
func members(object []byte) (map[string]json.RawMessage, error) {
	found := map[string]json.RawMessage{}
	return found, EachMember(object, func(key string, value []byte) error {
		found[key] = value
		return nil
	})
}

func TestEachMember(t *testing.T) {
	for _, test := range []struct{ object, want string }{
		{"{}", "map[]"},
		{` { "a" : 1 , "b\u00e9\"": [1, "]}\"", {"x": {}}] } `, `map[a:1 bé":[1, "]}\"", {"x": {}}]]`},
		{`{"a":{"b":[]},"c":null}`, `map[a:{"b":[]} c:null]`},
		{"", "malformed"}, {"[]", "malformed"}, {"{", "malformed"}, {`{"a"}`, "malformed"}, {`{"a":}`, "malformed"},
		{`{"a":1 "b":2}`, "malformed"}, {`{"a":1,}`, "malformed"}, {`{a:1}`, "malformed"}, {`{"a":"b`, "malformed"}, {`{"a":[1}`, "malformed"}, {"{} x", "malformed"},
	} {
		found, err := members([]byte(test.object))
		text := map[string]string{}
		for key, value := range found {
			text[key] = string(value)
		}
		got := fmt.Sprint(text)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.object, got, test.want)
		}
	}
}

func TestEachElement(t *testing.T) {
	var got []string
	visit := func(value []byte) error {
		got = append(got, string(value))
		return nil
	}
	if err := EachElement([]byte(`["a b", ["c", "d"],3 ]`), visit); err != nil || !slices.Equal(got, []string{`"a b"`, `["c", "d"]`, "3"}) {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", "{}", "[", "[1", "[1 2]", "[,]", "[1,]", "[1]]"} {
		if EachElement([]byte(bad), func([]byte) error { return nil }) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Of JSON that encoding/json takes, the members are those that it finds.
func FuzzEachMember(f *testing.F) {
	for _, seed := range []string{"{}", `{"a": 1, "b": {"c": ["}", "\"", 2e5]}}`, `{"\ud800": "\\", "x": [[]], "x": null}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		got, err := members(object)
		var want map[string]json.RawMessage
		if json.Unmarshal(object, &want) != nil || want == nil {
			return
		}
		if err != nil || !maps.EqualFunc(got, want, func(a, b json.RawMessage) bool { return string(a) == string(b) }) {
			t.Fatalf("%q, %v; want %q", got, err, want)
		}
	})
}
