package cli

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The trainable parameters of the paper's Table 2, row by row, are to the last one what the
// command says of LLaMA-7B's shape.
func TestParamsOfThePaper(t *testing.T) {
	want := []string{
		"8,388,608", "1,228,830", "5,242,880", "61,440", "16,093,696", // LLaMA
		"2,097,152", "1,228,830", "2,621,440", "40,960", "2,171,392", // PMC-LLaMA
	}
	said := clinflow(t, t.TempDir(), 0, "params").stdout
	if got := regexp.MustCompile(`[\d,]{6,}`).FindAllString(said, -1); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q, of\n%s", got, want, said)
	}
}

func TestParamsOfOnesOwn(t *testing.T) {
	// 32 layers with r rows for each of 4096 columns in and out of q and v, and a head of
	// 4096 columns for each label.
	said := clinflow(t, t.TempDir(), 0, "params", "--peft", "{r: 2}", "--labels", "3").stdout
	if got := regexp.MustCompile(`[\d,]{6,}`).FindString(said); got != "1,060,864" {
		t.Errorf("%s of\n%s", got, said)
	}
	// All weights of LLaMA-7B but the head of the language model, and the classifier's.
	if whole := clinflow(t, t.TempDir(), 0, "params", "--peft", "{type: full}", "--labels", "3").stdout; !strings.Contains(whole, "6,607,355,904") || !strings.Contains(whole, "100.0000%") {
		t.Error(whole)
	}
	for want, args := range map[string][]string{
		"--peft:1:8: rank: unknown key": {"--peft", "{r: 2, rank: 3}"},
		"/nowhere: has no config.json":  {"--base", "/nowhere"},
		"type: ":                        {"--peft", "{type: lorra}"},
		"--labels: is -1":               {"--labels", "-1"},
		"num_virtual_tokens: is 9223":   {"--peft", "{type: prefix_tuning, num_virtual_tokens: 9223372036854775807}"},
	} {
		if r := clinflow(t, t.TempDir(), 2, append([]string{"params"}, args...)...); !strings.Contains(r.stderr, want) || r.stdout != "" {
			t.Errorf("%v: %s", args, r.all())
		}
	}
}
