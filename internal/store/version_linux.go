package store

import (
	"fmt"
	"io/fs"
	"syscall"
)

// versionOf changes with a file's length, its times and its place on the disk: one that
// was put in its place by a rename has another, though length and time are the same.
func versionOf(info fs.FileInfo) string {
	stat := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d-%d-%d-%d", info.Size(), info.ModTime().UnixNano(), stat.Ctim.Nano(), stat.Ino)
}
