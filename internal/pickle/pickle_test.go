package pickle_test

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/pickle"
)

// golden is a pickle that Python wrote (oracle/pickle_golden.py).
type golden struct {
	Name    string
	Pickle  []byte
	Refused string // the first opcode that is no plain data's
	Value   any
}

func goldens(t testing.TB) (cases []golden) {
	t.Helper()
	text, err := os.ReadFile("testdata/pickles.json")
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil || len(cases) == 0 {
		t.Fatal(len(cases), err)
	}
	return cases
}

// told is a value as the golden file has it.
func told(value any) any {
	switch v := value.(type) {
	case *pickle.Sequence:
		items := []any{}
		for _, item := range v.Items {
			items = append(items, told(item))
		}
		return map[string]any{"items": items}
	case *pickle.Dict:
		pairs := []any{}
		for _, p := range v.Pairs {
			pairs = append(pairs, []any{told(p.Key), told(p.Value)})
		}
		return map[string]any{"pairs": pairs}
	case int64:
		return map[string]any{"integer": strconv.FormatInt(v, 10)}
	default:
		return v
	}
}

func TestWhatPythonWritesIsRead(t *testing.T) {
	for _, c := range goldens(t) {
		value, err := pickle.Read(c.Pickle)
		switch {
		case c.Refused == "" && err != nil:
			t.Errorf("%s: %v", c.Name, err)
		case c.Refused == "":
			if diff := cmp.Diff(c.Value, told(value)); diff != "" {
				t.Errorf("%s: %s", c.Name, diff)
			}
		case err == nil || exit.Of(err) != exit.BadData || !strings.Contains(err.Error(), "the opcode "+c.Refused+" at byte"):
			t.Errorf("%s: %v, want %s refused", c.Name, err, c.Refused)
		}
	}
}

func TestDamagedPicklesAreRefused(t *testing.T) {
	for _, c := range []struct{ name, pickle, want string }{
		{"nothing", "", "ends before its opcode STOP"},
		{"no end", "]", "ends before"},
		{"no value", ".", "leaves 0 values"},
		{"two values", "NN.", "leaves 2 values"},
		{"an open mark", "N(.", "leaves 1 values"},
		{"a newer protocol", "\x80\x06N.", "PROTO at byte 0"},
		{"no opcode", "N\xff", "byte 1 is no opcode"},
		{"text longer than the file", "X\xff\xff\xff\x7fabc.", "BINUNICODE at byte 0"},
		{"text of 2^64 bytes", "\x8d\xff\xff\xff\xff\xff\xff\xff\xffabc.", "BINUNICODE8"},
		{"text that is no UTF-8", "\x8c\x01\xff.", "SHORT_BINUNICODE"},
		{"text with escapes", "V\\u00e9\n.", "UNICODE"},
		{"a number of 72 bits", "\x8a\x09123456789.", "LONG1 at byte 0"},
		{"a number as text that is none", "Ix\n.", "INT"},
		{"values below a mark", "NN(\x86.", "TUPLE2 at byte 3"},
		{"no mark", "]Ne.", "APPENDS"},
		{"a list that is none", "NNa.", "APPEND "},
		{"a dict that is none", "](NNu.", "SETITEMS"},
		{"a key without a value", "}(Nu.", "SETITEMS"},
		{"what was not remembered", "h\x00.", "BINGET"},
		{"nothing to remember", "q\x00.", "BINPUT"},
	} {
		_, err := pickle.Read([]byte(c.pickle))
		if exit.Of(err) != exit.BadData || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := pickle.Read(make([]byte, pickle.MaxBytes+1)); exit.Of(err) != exit.BadData {
		t.Errorf("a pickle that is too large: %v", err)
	}
}

// Whatever the bytes, a value or an error comes back, and the error holds none of them.
func FuzzRead(f *testing.F) {
	for _, c := range goldens(f) {
		f.Add(c.Pickle)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		value, err := pickle.Read(data)
		if err != nil && (value != nil || exit.Of(err) != exit.BadData || len(err.Error()) > 200) {
			t.Errorf("%v: %v", value, err)
		}
	})
}
