package store

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/clinflow/clinflow/internal/exit"
)

// OnThisMachine is a folder for what only a file system can hold: memory maps, files
// that grow, temporary files. It is the folder itself, or for one in a bucket a folder
// of the same name in the user's cache that stands for it. What lies there is no output:
// a run on another machine does without it.
func OnThisMachine(d Dir) (Dir, error) {
	if _, ok := d.LocalPath(""); ok {
		return d, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "find a folder on this machine for what belongs to %s: %w", d.URI(), err)
	}
	scheme, name, _ := strings.Cut(d.URI(), "://")
	if name = filepath.FromSlash(name); !filepath.IsLocal(name) {
		return nil, exit.Errorf(exit.Usage, "%s: a folder of this machine cannot have this name; name another", d.URI())
	}
	path := filepath.Join(cache, "clinflow", "work", scheme, name)
	if err := os.MkdirAll(path, FolderMode()); err != nil {
		return nil, DiskError("create folder", path, err)
	}
	return openLocal(path)
}
