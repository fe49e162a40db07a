package store

import "io/fs"

// Notes are confidential: no file is readable by others, nor by the group unless
// the user says that a group shares the outputs.
var grouped bool

// ShareWithGroup lets the owner's group read what is written from now on. Call it
// before anything is written.
func ShareWithGroup(share bool) {
	grouped = share
	mask(share)
}

// Grouped says whether a group shares the outputs.
func Grouped() bool { return grouped }

// FileMode is the mode of every file that holds outputs.
func FileMode() fs.FileMode {
	if grouped {
		return 0o640
	}
	return 0o600
}

// FolderMode is the mode of every folder that holds outputs.
func FolderMode() fs.FileMode {
	if grouped {
		return 0o750
	}
	return 0o700
}
