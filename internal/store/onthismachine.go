package store

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"github.com/clinflow/clinflow/internal/exit"
)

// OnThisMachine is a folder for what only a file system can hold: memory maps, files
// that grow, temporary files. It is the folder itself, or for one in a bucket a folder
// in the user's cache that stands for it. What lies there is no output: a run on another
// machine does without it.
func OnThisMachine(d Dir) (Dir, error) {
	if _, ok := d.LocalPath(""); ok {
		return d, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "find a folder on this machine for what belongs to %s: %w", d.URI(), err)
	}
	sum := sha256.Sum256([]byte(d.URI())) // names of folders may hold ids
	path := filepath.Join(cache, "clinflow", "work", hex.EncodeToString(sum[:16]))
	if err := os.MkdirAll(path, FolderMode()); err != nil {
		return nil, DiskError("create folder", path, err)
	}
	return openLocal(path)
}
