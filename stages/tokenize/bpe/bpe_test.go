package bpe

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	const vocab = `"vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}`
	for _, test := range []struct{ section, want string }{
		{`{` + vocab + `, "merges": ["a b", "ab c"]}`, "5 pieces, merges [{0 1 3} {3 2 4}]"},
		{`{` + vocab + `, "merges": [["a", "b"], ["\u0061b", "c"]], "type": "BPE", "dropout": null, "ignore_merges": true, "unk_token": "canary"}`, "5 pieces, merges [{0 1 3} {3 2 4}]"},
		{`{` + vocab + `, "merges": []}`, "5 pieces, merges []"},
		{`{` + vocab + `, "merges": ["a b"], "dropout": 0.1}`, "model: dropout: is set"},
		{`{` + vocab + `, "merges": ["a b"], "end_of_word_suffix": "canary"}`, "model: end_of_word_suffix: is set"},
		{`{` + vocab + `, "merges": ["a b"], "of_tomorrow": 1}`, "model: of_tomorrow: is set"},
		{`{` + vocab + `, "merges": ["a b"], "type": "canary"}`, "model: type: is set"},
		{`{` + vocab + `, "merges": ["a b"], "fuse_unk": "canary"}`, "model: fuse_unk: has the wrong type"},
		{`{` + vocab + `, "merges": ["a b", "canary"]}`, "model.merges: merge 1: is no pair of texts"},
		{`{` + vocab + `, "merges": ["a b", "a b c"]}`, "model.merges: merge 1: is no pair of texts"},
		{`{` + vocab + `, "merges": [["a", "b", "c"]]}`, "model.merges: merge 0: is no pair of texts"},
		{`{` + vocab + `, "merges": [["a"]]}`, "model.merges: merge 0: is no pair of texts"},
		{`{` + vocab + `, "merges": [3]}`, "model.merges: merge 0: is no pair of texts"},
		{`{` + vocab + `, "merges": ["b c"]}`, "model.merges: merge 0: its parts or what they make are not in the vocabulary"},
		{`{` + vocab + `, "merges": ["a b", "a b"]}`, "model.merges: merge 1 is there twice"},
		{`{` + vocab + `}`, "model.merges: malformed JSON"},
		{`{"vocab": {"a": 0, "canary": 2}, "merges": []}`, "model.vocab: has 2 pieces, and one with the id 2"},
		{`{"vocab": {"a": 0, "canary": 0}, "merges": []}`, "model.vocab: has 2 pieces, and one with the id 0"},
		{`{"vocab": {"a": 0, "a": 1}, "merges": []}`, "model.vocab: has a piece twice"},
		{`{"vocab": {"a": "canary"}, "merges": []}`, "model.vocab: an id is no whole number"},
		{`{"vocab": [], "merges": []}`, "model.vocab: malformed JSON"},
		{`[]`, "model: malformed JSON"},
	} {
		m, err := Parse([]byte(test.section))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(m.Size(), " pieces, merges ", m.Merges)
		}
		if !strings.HasPrefix(got, test.want) || strings.Contains(got, "canary") {
			t.Errorf("%s: got %s, want %s", test.section, got, test.want)
		}
	}
}

func TestParseFiles(t *testing.T) {
	const vocab = `{"a": 0, "b": 1, "ab": 2, "#version": 3, "#versiona": 4}`
	for _, test := range []struct{ vocab, merges, want string }{
		{vocab, "#version: 0.2\na b\n", "5 pieces, merges [{0 1 2}]"},
		{"\uFEFF" + vocab, "a b\r\n", "5 pieces, merges [{0 1 2}]"},
		{vocab, "", "5 pieces, merges []"},
		{vocab, "a b\ncanary\n", "merges.txt: line 2: is no pair of texts"},
		{vocab, "a b\n\n", "merges.txt: line 2: is no pair of texts"},
		{vocab, "b a\n", "merges.txt: line 1: merge 0: its parts"},
		{vocab, "a b\na b\n", "merges.txt: merge 1 is there twice"},
		{"canary", "", "vocab.json: malformed JSON"},
	} {
		m, err := ParseFiles([]byte(test.vocab), []byte(test.merges))
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(m.Size(), " pieces, merges ", m.Merges)
		}
		if !strings.HasPrefix(got, test.want) || strings.Contains(got, "canary") {
			t.Errorf("%s, %q: got %s, want %s", test.vocab, test.merges, got, test.want)
		}
	}
}

// one makes merges one by one: of all that can be made the earliest, the leftmost.
func one(merges []Merge, word []int32) []int32 {
	word = slices.Clone(word)
	for {
		at, rank := -1, len(merges)
		for i := range len(word) - 1 {
			of := slices.IndexFunc(merges, func(m Merge) bool { return m.Left == word[i] && m.Right == word[i+1] })
			if of >= 0 && of < rank {
				at, rank = i, of
			}
		}
		if at < 0 {
			return word
		}
		word = slices.Replace(word, at, at+2, merges[rank].Whole)
	}
}

func TestMergeIsOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts, m := []string{"a", "b", "c"}, &Model{ids: map[string]int32{"a": 0, "b": 1, "c": 2}}
		for range rapid.IntRange(0, 12).Draw(t, "merges") {
			left, right := rapid.SampledFrom(texts).Draw(t, "left"), rapid.SampledFrom(texts).Draw(t, "right")
			whole, known := m.ids[left+right]
			if !known {
				whole = int32(len(texts))
				texts, m.ids[left+right] = append(texts, left+right), whole
			}
			of := Merge{m.ids[left], m.ids[right], whole}
			if !slices.Contains(m.Merges, of) {
				m.Merges = append(m.Merges, of)
			}
		}
		var err error
		if m.pairs, err = newPairs(m.Merges); err != nil {
			t.Fatal(err)
		}
		g := m.NewMerger()
		for range 3 {
			word := rapid.SliceOfN(rapid.Int32Range(0, 2), 0, rapid.SampledFrom([]int{20, 2 * shortSymbols}).Draw(t, "most")).Draw(t, "word")
			if got, want := g.Merge([]int32{7}, word), one(m.Merges, word); !slices.Equal(got[1:], want) {
				t.Fatalf("%q %d: got %d, want %d", texts, word, got[1:], want)
			}
		}
	})
}

// A model of any bytes is an error or one whose merges are of its pieces.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}`), []byte("#version: 0.2\na b\n"))
	f.Add([]byte(`{"type": "BPE", "vocab": {"\u0061": 0, "aa": 1}, "merges": [["a", "a"]], "dropout": null}`), []byte("a a"))
	f.Fuzz(func(t *testing.T, section, lines []byte) {
		for _, parse := range []func() (*Model, error){
			func() (*Model, error) { return Parse(section) },
			func() (*Model, error) { return ParseFiles(section, lines) },
		} {
			m, err := parse()
			if err != nil {
				continue
			}
			for _, of := range m.Merges {
				if m.Pieces[of.Left]+m.Pieces[of.Right] != m.Pieces[of.Whole] {
					t.Fatalf("merge %v of %d pieces", of, m.Size())
				}
			}
		}
	})
}
