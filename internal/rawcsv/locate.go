package rawcsv

import (
	"errors"
	"io/fs"

	"github.com/clinflow/clinflow/internal/exit"
)

// Suffixes are what the name of a file ends in behind the table's: as PhysioNet gives it,
// packed again by its user so that it can be cut among workers, or decompressed.
var Suffixes = []string{SuffixGzip, ".csv.bgz", ".csv.zst", ".csv"}

// SuffixGzip is what PhysioNet's names end in.
const SuffixGzip = ".csv.gz"

// Names are what the file of a table may be called, the table given without a suffix.
func Names(table string) (names []string) {
	for _, suffix := range Suffixes {
		names = append(names, table+suffix)
	}
	return names
}

// Locate returns the name of a table's file. It asks look for each, which answers as Stat
// does. Where no file is there it returns fs.ErrNotExist. Two files may differ, so that
// both together are an error of exit.Usage that names them.
func Locate(table string, look func(name string) error) (found string, err error) {
	for _, name := range Names(table) {
		switch failed := look(name); {
		case errors.Is(failed, fs.ErrNotExist):
		case failed != nil:
			err = errors.Join(err, failed)
		case found != "":
			return "", exit.Errorf(exit.Usage, "%s and %s are both there, and may differ; keep one of the two", found, name)
		default:
			found = name
		}
	}
	if err == nil && found == "" {
		err = fs.ErrNotExist
	}
	return found, err
}
