//go:build !unix

package store

import "io/fs"

const noFollow = 0

func mask(bool) {}

func oneName(fs.FileInfo) bool { return true }
