//go:build unix

package store

import (
	"io/fs"
	"syscall"
)

// mask leaves new files and folders without the rights of others, and of the group
// unless it shares the outputs.
func mask(grouped bool) {
	if grouped {
		syscall.Umask(0o027)
	} else {
		syscall.Umask(0o077)
	}
}

const noFollow = syscall.O_NOFOLLOW

// oneName says that a file has no second name by which it could be another's.
func oneName(info fs.FileInfo) bool { return info.Sys().(*syscall.Stat_t).Nlink == 1 }
