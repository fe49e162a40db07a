package guard

import (
	"errors"
	"strings"
	"testing"
)

const secret = "a patient's words"

func deeper(row *int) error {
	*row = 7
	panic(secret)
}

func TestPanicLosesItsValueAndKeepsItsPlace(t *testing.T) {
	row := 0
	err := At(func() string { return "notes.csv: row " + string(rune('0'+row)) }, func() error { return deeper(&row) })
	var p *Panic
	if !errors.As(err, &p) {
		t.Fatalf("got %v, want a *Panic", err)
	}
	if p.Place != "notes.csv: row 7" || !strings.HasPrefix(p.Code, "guard_test.go:") || strings.Contains(err.Error(), secret) {
		t.Errorf("place %q, code %q", p.Place, p.Code)
	}
}

func TestRuntimeErrorsAreCaught(t *testing.T) {
	err := Do("part 3", func() error {
		var none []int
		none[len(none)]++
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "part 3: internal error at guard_test.go:") {
		t.Errorf("got %v", err)
	}
}

func TestErrorsPass(t *testing.T) {
	want := errors.New("plain")
	if got := Do("here", func() error { return want }); got != want {
		t.Errorf("got %v", got)
	}
}
