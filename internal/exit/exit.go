// Package exit says of what kind a failure is: each kind ends the process with an exit
// code of its own. The codes are part of the command line's contract, for schedulers
// branch on them; programs branch on the same kinds by errors.Is(err, exit.BadData).
package exit

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

// Code is a kind of failure and the process's exit code. It is an error so that it can
// be the target of errors.Is.
type Code int

// The exit codes. A process does not try again what failed with Retry: another run must
// end first, a lost GPU needs a new process, an input is still being written. It tells
// whoever started the process that the same command may succeed later, and clinflow's own
// scheduler begins it again.
const (
	OK          Code = 0
	Failed      Code = 1   // disk, internal
	Usage       Code = 2   // wrong usage or configuration, missing input path
	BadData     Code = 3   // bad-record gate, truncated gzip, unbalanced quote
	Retry       Code = 4   // worth another try
	Interrupted Code = 130 // SIGINT
)

var kinds = map[Code]string{
	OK: "no failure", Failed: "failed", Usage: "wrong usage", BadData: "bad data", Retry: "worth a retry", Interrupted: "interrupted",
}

// Error names the kind.
func (c Code) Error() string { return kinds[c] }

type coded struct {
	code Code
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// Is says whether a Code is the error's own.
func (c *coded) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == c.code
}

// With marks an error with the code it ends the process with. The mark nearest
// to the cause wins.
func With(code Code, err error) error {
	if err == nil {
		return nil
	}
	var already *coded
	if errors.As(err, &already) {
		return err
	}
	return &coded{code, err}
}

// Errorf is With(code, fmt.Errorf(…)).
func Errorf(code Code, format string, args ...any) error {
	return With(code, fmt.Errorf(format, args...))
}

// Of returns the code of an error: Failed where none was marked.
func Of(err error) Code {
	var c *coded
	switch {
	case err == nil:
		return OK
	case errors.As(err, &c):
		return c.code
	default:
		return Failed
	}
}

// A failure crosses Beam's runners as text: they wrap it in their own words and
// may lose its type. Seal puts code and message between marks that survive,
// Unseal finds the first sealed failure in such a text.
var sealed = regexp.MustCompile(`(?s)⟦clinflow:(\d+)⟧(.*?)⟦/⟧`)

// Seal returns an error whose text carries the code of err.
func Seal(err error) error {
	if err == nil || sealed.MatchString(err.Error()) {
		return err
	}
	return fmt.Errorf("⟦clinflow:%d⟧%w⟦/⟧", Of(err), err)
}

// Unseal restores the failure that a runner's error text carries. A text
// without one is withheld: a runner may have put data into it.
func Unseal(err error) error {
	if err == nil {
		return nil
	}
	if failure, ok := Sealed(err.Error()); ok {
		return failure
	}
	return Errorf(Failed, "the runner failed without naming a stage (its message is withheld, it may hold data); look at the runner's own state")
}

// Sealed is the first failure that a text carries.
func Sealed(text string) (failure error, ok bool) {
	m := sealed.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	code, _ := strconv.Atoi(m[1])
	return With(Code(code), errors.New(m[2])), true
}
