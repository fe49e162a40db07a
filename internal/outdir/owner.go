package outdir

import (
	"io/fs"
	"os"
	"syscall"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

const (
	writableByGroup fs.FileMode = 0o020
	writableByAll   fs.FileMode = 0o002
)

// ours refuses a folder in which somebody else could read outputs, or put a link
// or a file of theirs in an output's place. A folder that all may write to is
// never ours; one of another owner, or of a group, is where the user says so.
func ours(path string, info fs.FileInfo) error {
	owner := info.Sys().(*syscall.Stat_t).Uid
	switch mode := info.Mode().Perm(); {
	case mode&writableByAll != 0:
		return exit.Errorf(exit.Usage, "%s may be written to by everybody (mode %04o): outputs may hold note text; chmod o-w it, or name a folder of your own", path, mode)
	case store.Grouped():
		return nil
	case int(owner) != os.Geteuid():
		return exit.Errorf(exit.Usage, "%s belongs to another user (uid %d): outputs may hold note text; name a folder of your own, or say --group where a group shares it", path, owner)
	case mode&writableByGroup != 0:
		return exit.Errorf(exit.Usage, "%s may be written to by its group (mode %04o): outputs may hold note text; chmod g-w it, or say --group where the group shares it", path, mode)
	}
	return nil
}
