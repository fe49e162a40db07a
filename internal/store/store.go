// Package store is the small interface behind which datasets lie: folders of this
// machine, and in gs/ those of buckets. Names are slash-separated and relative.
package store

import (
	"context"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/clinflow/clinflow/internal/exit"
)

// ErrExists is of a file of CreateNew whose name is taken when it is committed, and of
// one of Replace that another has replaced meanwhile.
var ErrExists = fs.ErrExist

// Dir is a folder in some store. It need not exist: Create makes it. Where its address
// is a file's, as an input's may be, the name "" is that file.
type Dir interface {
	// URI is the address Open takes to reach the same folder.
	URI() string
	// Open reads a file from its start.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// OpenAt reads a file at any place.
	OpenAt(ctx context.Context, name string) (ReaderAt, error)
	// Create begins a file that does not exist under its name before Commit.
	Create(ctx context.Context, name string) (File, error)
	// CreateNew is Create for a file of whose writers one wins: Commit is ErrExists
	// where the name is taken, and leaves what is there.
	CreateNew(ctx context.Context, name string) (File, error)
	// Replace is Create for a file that must still be of the Version that Stat told, ""
	// where there was none: Commit is ErrExists where it is not. On this machine it is for
	// who holds a lock, as two who look at the same moment both find it unchanged.
	Replace(ctx context.Context, name, version string) (File, error)
	// Rename gives a file, or a folder with all it holds, another name in this Dir,
	// where there is none of that name. A missing one is fs.ErrNotExist. In a bucket it
	// is copied file by file and may end in between: a folder's manifest.json is the
	// first to lose its old name and the last to have its new one.
	Rename(ctx context.Context, old, new string) error
	// Stat describes a file. A missing one is fs.ErrNotExist. The name "" may also be
	// this folder, whose Mode says so.
	Stat(ctx context.Context, name string) (Info, error)
	// List returns the files whose names begin with prefix, in all subfolders,
	// sorted by name. A folder that does not exist holds none.
	List(ctx context.Context, prefix string) ([]Info, error)
	// RemoveAll removes a file, or a folder with all it holds; "" is the whole
	// Dir. What does not exist is removed.
	RemoveAll(ctx context.Context, name string) error
	// LocalPath is the path of a file on this machine, where it has one.
	LocalPath(name string) (string, bool)
	// Sub is a folder inside this one.
	Sub(name string) Dir
}

// ReaderAt reads a file at any place.
type ReaderAt interface {
	io.ReaderAt
	io.ReadSeeker
	io.Closer
	// Size is the file's length in bytes.
	Size() int64
}

// File is a file being written. It appears under its name whole at Commit, or
// never. One of Commit and Abort must be called; Abort after either does
// nothing.
type File interface {
	io.Writer
	Commit() error
	Abort()
}

// Info describes a file.
type Info struct {
	Name    string
	Size    int64
	ModTime time.Time
	Mode    fs.FileMode // the type alone: 0 is a file, fs.ModeDir a folder
	// Version is another one whenever the bytes may be others.
	Version string
	// Digest is what a listing knows of the bytes without reading them, "" where it
	// knows nothing: "sha256:" or "crc32c:" and hexadecimal digits.
	Digest string
}

// schemes are the stores besides this machine's disk.
var schemes = map[string]func(uri string) (Dir, error){}

// Register makes a store known by the scheme of its URIs. Call it from init.
func Register(scheme string, open func(uri string) (Dir, error)) { schemes[scheme] = open }

// others are stores that are not read, by the schemes that people write for them.
var others = map[string]string{
	"s3": "Amazon S3", "s3a": "Amazon S3", "s3n": "Amazon S3",
	"az": "Azure Blob Storage", "azure": "Azure Blob Storage", "wasb": "Azure Blob Storage", "wasbs": "Azure Blob Storage",
	"abfs": "Azure Data Lake Storage", "abfss": "Azure Data Lake Storage", "adl": "Azure Data Lake Storage",
	"hdfs": "HDFS", "viewfs": "HDFS", "webhdfs": "HDFS",
	"http": "the web", "https": "the web", "ftp": "the web",
}

// Open returns the folder at a local path or a URI. An unknown scheme is an
// error of exit.Usage.
func Open(uri string) (Dir, error) {
	if uri == "" {
		return nil, exit.Errorf(exit.Usage, "an empty path names no folder")
	}
	scheme, rest, found := strings.Cut(uri, "://")
	switch {
	case !found:
		return openLocal(uri)
	case scheme == "file":
		return openLocal(rest)
	case schemes[scheme] != nil:
		return schemes[scheme](uri)
	case others[scheme] != "":
		return nil, exit.Errorf(exit.Usage, "%s: %s is not read; copy it to a local folder or a gs:// bucket first", uri, others[scheme])
	default:
		return nil, exit.Errorf(exit.Usage, "%s: the scheme %q is not supported; give a local path, or a file:// or gs:// URI", uri, scheme)
	}
}

// FolderOf returns the folder of a file that is named as Open takes it, and the file's
// name there.
func FolderOf(uri string) (folder Dir, name string, err error) {
	file, err := Open(uri)
	if err != nil {
		return nil, "", err
	}
	uri = file.URI()
	if path, ok := file.LocalPath(""); ok {
		folder, err = Open(filepath.Dir(path))
		return folder, filepath.Base(path), err
	}
	end := strings.LastIndexByte(uri, '/')
	if _, inside, _ := strings.Cut(uri, "://"); !strings.Contains(inside, "/") {
		return nil, "", exit.Errorf(exit.Usage, "%s names a bucket, not a file in one", uri)
	}
	folder, err = Open(uri[:end])
	return folder, uri[end+1:], err
}

// Confined is the same folder, which may be reached by a link, without the files in
// it that are links out of it: reading one is an error of exit.BadData.
func Confined(d Dir) Dir {
	if folder, ok := d.(local); ok {
		folder.confined = true
		return folder
	}
	return d
}

// Volatile is the same folder for files that need not outlive a power cut, such
// as runs: they still appear whole or not at all, but are not forced to disk.
func Volatile(d Dir) Dir {
	if folder, ok := d.(local); ok {
		folder.volatile = true
		return folder
	}
	return d
}
