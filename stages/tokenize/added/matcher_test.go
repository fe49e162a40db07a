package added

import (
	"slices"
	"strings"
	"testing"
)

// Behind the spans that are taken no token is looked for but the next.
func TestSpansLeaveTheRest(t *testing.T) {
	for _, o := range []Options{{}, {Blanks: true}} {
		s := NewMatcher([]Token{{ID: 7, Content: "canary"}}, o).NewSearch()
		taken := 0
		for range s.Spans(strings.Repeat("pain canary ", 1000), false) {
			if taken++; taken == 8 {
				break
			}
		}
		if s.next[0] == 0 || s.next[0] > 100 {
			t.Errorf("%+v: the next token is looked for at byte %d", o, s.next[0])
		}
	}
}

// Flags of tokens, as AddedToken of the tokenizers library describes them.
func TestSpans(t *testing.T) {
	tokens := []Token{
		{ID: 1, Content: "<s>", Special: true}, {ID: 2, Content: "<s>>", LStrip: true}, {ID: 3, Content: "Dr.", SingleWord: true}, {ID: 4, Content: "[x]", RStrip: true},
	}
	for _, test := range []struct {
		text string
		o    Options
		want []Span
	}{
		{"", Options{}, nil},
		{"a<s>b", Options{}, []Span{{0, 1, Between}, {1, 4, 1}, {4, 5, Between}}},
		{"a<s>b", Options{SplitSpecial: true}, []Span{{0, 5, Between}}},
		{"a  <s>><s>", Options{}, []Span{{0, 1, Between}, {1, 7, 2}, {7, 10, 1}}},
		{"xDr. Dr.", Options{}, []Span{{0, 5, Between}, {5, 8, 3}}},
		{"[x] \n y", Options{}, []Span{{0, 6, 4}, {6, 7, Between}}},
	} {
		if got := slices.Collect(NewMatcher(tokens, test.o).NewSearch().Spans(test.text, false)); !slices.Equal(got, test.want) {
			t.Errorf("%q %+v: %v, want %v", test.text, test.o, got, test.want)
		}
	}
}
