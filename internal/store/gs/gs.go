// Package gs is gs:// behind store.Dir: folders of a bucket of Google Cloud Storage.
// A bucket has no folders, renames nothing and appends to nothing; what it has
// instead is generations, which say of each write whether it was the first.
package gs

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"cloud.google.com/go/storage"

	"github.com/clinflow/clinflow/internal/exit"
	"github.com/clinflow/clinflow/internal/store"
)

// Scheme is what stands in front of :// in the names of buckets.
const Scheme = "gs"

func init() { store.Register(Scheme, open) }

// folder is a folder of a bucket: the objects whose names begin with its prefix.
type folder struct {
	bucket string
	prefix string // without a slash at its end; "" is the whole bucket
}

// bucketName is what Google allows:
// https://cloud.google.com/storage/docs/buckets#naming
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$`)

// open makes no request and needs no credentials: a name may be looked at that is
// never read.
func open(uri string) (store.Dir, error) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(uri, Scheme+"://"), "/")
	if !bucketName.MatchString(bucket) {
		return nil, exit.Errorf(exit.Usage, "%s: %q is no name of a bucket; write gs://BUCKET/FOLDER", uri, bucket)
	}
	prefix = path.Clean("/" + prefix)[1:]
	return folder{bucket, prefix}, nil
}

// URI implements store.Dir.
func (d folder) URI() string {
	if d.prefix == "" {
		return Scheme + "://" + d.bucket
	}
	return Scheme + "://" + d.bucket + "/" + d.prefix
}

// Sub implements store.Dir.
func (d folder) Sub(name string) store.Dir {
	d.prefix = path.Join("/", d.prefix, name)[1:]
	return d
}

// LocalPath implements store.Dir: there is none.
func (d folder) LocalPath(string) (string, bool) { return "", false }

// nameOf is the whole name of a file's object. A name that leads out of the folder is
// refused: names also come from manifests, which others may have written.
func (d folder) nameOf(name string) (string, error) {
	if clean := path.Clean(name); !fs.ValidPath(clean) {
		return "", exit.Errorf(exit.BadData, "%s: the name %q leads out of the folder", d.URI(), name)
	}
	return path.Join(d.prefix, name), nil
}

// handle is the object of a file; of the name "", the object that the folder's own
// address may be.
func (d folder) handle(name string) (*storage.ObjectHandle, error) {
	object, err := d.nameOf(name)
	if err != nil {
		return nil, err
	}
	if object == "" {
		return nil, exit.Errorf(exit.Usage, "%s is a bucket, not a file", d.URI())
	}
	bucket, err := d.handleOfBucket()
	if err != nil {
		return nil, err
	}
	return bucket.Object(object), nil
}

func (d folder) handleOfBucket() (*storage.BucketHandle, error) {
	c, err := connect()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.URI(), err)
	}
	return c.Bucket(d.bucket), nil
}

// place is a file's name for errors.
func (d folder) place(name string) string {
	if name == "" {
		return d.URI()
	}
	return d.URI() + "/" + name
}
