//go:build unix

package store

import (
	"fmt"
	"io/fs"
	"syscall"
)

// versionOf changes with a file's length, its time of change and its place on the disk:
// one that was moved there, or that a link leads to now, has another, though length and
// time are the same.
func versionOf(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d-%d", info.Size(), info.ModTime().UnixNano(), info.Sys().(*syscall.Stat_t).Ino)
}
