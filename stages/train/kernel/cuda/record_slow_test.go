//go:build slow

package cuda

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/rs/zerolog/log"

	"github.com/clinflow/clinflow/stages/train/check"
	"github.com/clinflow/clinflow/stages/train/kernel"
	"github.com/clinflow/clinflow/stages/train/kernel/cuda/emulated"
)

// warnings are what is logged until the test ends.
func warnings(t *testing.T) *bytes.Buffer {
	said, before := &bytes.Buffer{}, log.Logger
	log.Logger = zerolog.New(said)
	t.Cleanup(func() { log.Logger = before })
	return said
}

// TestSlowARefusedRecording has the card refuse a recording at each of its calls, and a
// library in the middle of one: the losses are those of a card that records.
func TestSlowARefusedRecording(t *testing.T) {
	shape := shapes["grouped queries, dropout"]
	losses := func(b kernel.Backend, steps int) []float64 {
		t.Helper()
		list, err := check.Curve(b, shape, check.LanguageModel, steps)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	b, card := open(t, kernel.BF16)
	want := losses(b, 4)
	for call, code := range map[string]int{
		"cuStreamBeginCapture": 801, "cublasLtMatmul": 14, "cuStreamEndCapture": 900, "cuGraphInstantiateWithFlags": 2,
	} {
		t.Run(call, func(t *testing.T) {
			said := warnings(t)
			emulated.Build(t)
			nth := 1
			if call == "cublasLtMatmul" { // those of the first step are not recorded
				before := card.Calls(call)
				losses(b, 1)
				nth += card.Calls(call) - before
			}
			b.(*device).plain = false
			card.Fail(call, nth, code)
			graphs := -card.Calls("cuGraphDestroy")
			if got := losses(b, 4); !slices.Equal(got, want) {
				t.Errorf("losses %v, recorded %v", got, want)
			}
			if n := strings.Count(said.String(), "keeps no recording"); n != 1 || !strings.Contains(said.String(), call) {
				t.Errorf("it is said %d times: %s", n, said)
			}
			if n := card.Calls("cuGraphLaunch"); n != 0 {
				t.Errorf("%d recordings were played", n)
			}
			graphs += card.Calls("cuGraphDestroy")
			if made := call == "cublasLtMatmul" || call == "cuGraphInstantiateWithFlags"; made != (graphs == 1) {
				t.Errorf("%d graphs were destroyed", graphs)
			}
		})
	}
}
