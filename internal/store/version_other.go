//go:build !unix

package store

import (
	"fmt"
	"io/fs"
)

// versionOf changes with a file's length and its time of change.
func versionOf(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}
