package engine

import (
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func init() { register.Function1x1(blurts) }

// blurts panics where no guard of ours is.
func blurts([]byte) []byte { panic(canary) }

// Beam catches a panic that we did not, and writes its value into what it tells the
// engine, which writes that into logs of its own.
func TestWorkersInThisProcessTellAnEngineNoValueOfAPanic(t *testing.T) {
	logged := logged(t)
	s, err := openPrism(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	p, scope := beam.NewPipelineWithRoot()
	beam.ParDo(scope, blurts, beam.Impulse(scope))
	id, err := s.start(t.Context(), p, "blurts")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := s.watch(t.Context(), id, func(e event) { said.WriteString(e.text + "\n") }); err != nil {
		t.Fatal(err)
	}
	if text := said.String(); !strings.Contains(text, "withheld") || strings.Contains(text+logged.String(), canary) {
		t.Errorf("the engine heard %s", strings.ReplaceAll(text, canary, "CANARY"))
	}
}
