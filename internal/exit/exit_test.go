package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

func TestTheMarkNearestToTheCauseWins(t *testing.T) {
	inner := Errorf(BadData, "row 3 is bad")
	if got := Of(With(Usage, fmt.Errorf("step: %w", inner))); got != BadData {
		t.Errorf("code %d, want %d", got, BadData)
	}
	if Of(nil) != OK || Of(errors.New("disk")) != Failed || With(Usage, nil) != nil {
		t.Error("unmarked errors have the wrong code")
	}
}

// Programs branch on the kind, whatever is wrapped around it.
func TestErrorsAreOfTheirKind(t *testing.T) {
	err := fmt.Errorf("step: %w", errors.Join(errors.New("disk"), Errorf(BadData, "row 3 is bad: %w", fs.ErrNotExist)))
	for target, want := range map[error]bool{BadData: true, fs.ErrNotExist: true, Usage: false, Failed: false, fs.ErrExist: false} {
		if errors.Is(err, target) != want {
			t.Errorf("is %v: %v, want %v", target, !want, want)
		}
	}
	if !errors.Is(Unseal(Seal(err)), BadData) {
		t.Error("a runner's words hide the kind")
	}
}

// A runner wraps a failure in words of its own, as text.
func TestSealedFailuresSurviveARunner(t *testing.T) {
	for _, code := range []Code{Failed, Usage, BadData, Retry} {
		sealed := Seal(Errorf(code, "notes.csv:\nrow 3 is bad"))
		if again := Seal(sealed); again != sealed {
			t.Error("sealed twice")
		}
		got := Unseal(errors.New("rpc error: " + sealed.Error() + " while processing a value"))
		if Of(got) != code || got.Error() != "notes.csv:\nrow 3 is bad" {
			t.Errorf("code %d: got %d %q", code, Of(got), got)
		}
	}
	if Seal(nil) != nil || Unseal(nil) != nil {
		t.Error("no failure became one")
	}
}

func TestForeignTextIsWithheld(t *testing.T) {
	if got := Unseal(errors.New("could not decode: secret")); strings.Contains(got.Error(), "secret") || Of(got) != Failed {
		t.Errorf("got %q", got)
	}
}
