package wordpiece

import (
	"slices"
	"strings"
	"testing"

	"github.com/clinflow/clinflow/internal/exit"
)

func counted(texts ...string) *Words {
	w := NewWords()
	for _, text := range texts {
		w.Add(text)
	}
	return w
}

func TestTrainedPieces(t *testing.T) {
	w := counted("The heart, the HEART: a caf\u00e9", "caf\u00e9 and heart", "once")
	characters := []string{",", ":", "a", "c", "d", "e", "f", "h", "n", "o", "r", "t"}
	all := slices.Clone(specials)
	for _, prefix := range []string{"", "##"} {
		for _, c := range characters {
			all = append(all, prefix+c)
		}
	}
	whole := TrainConfig{VocabSize: 100, CharacterCoverage: 1, MaxPieceLength: 16}
	for name, c := range map[string]struct {
		config TrainConfig
		want   []string
		fault  string
	}{
		"words that occur twice":       {whole, append(slices.Clone(all), "heart", "cafe", "the"), ""},
		"as many as there is room for": {TrainConfig{VocabSize: len(all) + 1, CharacterCoverage: 1, MaxPieceLength: 16}, append(slices.Clone(all), "heart"), ""},
		"short ones":                   {TrainConfig{VocabSize: 100, CharacterCoverage: 1, MaxPieceLength: 4}, append(slices.Clone(all), "cafe", "the"), ""},
		"frequent characters alone":    {TrainConfig{VocabSize: 100, CharacterCoverage: 0.3, MaxPieceLength: 16}, append(slices.Clone(specials), "a", "e", "##a", "##e"), ""},
		"too few pieces":               {TrainConfig{VocabSize: 10, CharacterCoverage: 1, MaxPieceLength: 16}, nil, "vocab_size: 10 pieces"},
	} {
		got, err := w.Train(c.config)
		if c.fault != "" {
			if exit.Of(err) != exit.Usage || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%s: %v", name, err)
			}
		} else if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, c.want)
		}
	}
	other, err := counted("once", "caf\u00e9 and heart", "The heart, the HEART: a caf\u00e9").Train(whole)
	if want, _ := w.Train(whole); err != nil || !slices.Equal(other, want) {
		t.Errorf("texts in another order: %q, %v", other, err)
	}
}
