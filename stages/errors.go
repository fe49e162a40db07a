package stages

import "github.com/clinflow/clinflow/internal/exit"

// Code says of what kind a failure is: who started the process gets it as the exit code,
// and programs ask errors.Is(err, stages.BadData).
type Code = exit.Code

// The codes that stages give to their errors. An error without one ends the process
// with 1: a fault of the disk or of the program. Nothing in the program tries again what
// failed with Retry; the process that started it may.
const (
	Usage   = exit.Usage   // the configuration or the input is not what the stage takes
	BadData = exit.BadData // the data are damaged, or more of them are bad than is allowed
	Retry   = exit.Retry   // the same may succeed on another try
)

// Errorf is fmt.Errorf with a code. Of several codes in a chain of errors the one
// nearest to the cause counts. The text must not hold any of a note's.
func Errorf(code Code, format string, args ...any) error { return exit.Errorf(code, format, args...) }
