package rawcsv

import (
	"errors"
	"io/fs"

	"github.com/clinflow/clinflow/internal/exit"
)

// A file lies as PhysioNet gives it, or decompressed by its user.
const (
	SuffixGzip  = ".csv.gz"
	SuffixPlain = ".csv"
)

// Locate returns the name of a table's file, the table given without a suffix. It
// asks look for each name, which answers as Stat does. Where no file is there it
// returns fs.ErrNotExist. Two files may differ, so that both together are an error
// of exit.Usage that names them.
func Locate(table string, look func(name string) error) (string, error) {
	packed, plain := look(table+SuffixGzip), look(table+SuffixPlain)
	switch {
	case packed == nil && plain == nil:
		return "", exit.Errorf(exit.Usage, "%s and %s are both there, and may differ; keep one of the two", table+SuffixGzip, table+SuffixPlain)
	case packed == nil && errors.Is(plain, fs.ErrNotExist):
		return table + SuffixGzip, nil
	case errors.Is(packed, fs.ErrNotExist):
		return table + SuffixPlain, plain
	}
	return "", errors.Join(packed, plain)
}
