//go:build unix

package store

import (
	"io/fs"
	"syscall"
)

const noFollow = syscall.O_NOFOLLOW

// oneName says that a file has no second name by which it could be another's.
func oneName(info fs.FileInfo) bool { return info.Sys().(*syscall.Stat_t).Nlink == 1 }
