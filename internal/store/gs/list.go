package gs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/clinflow/clinflow/internal/store"
)

// Stat implements store.Dir. The folder itself is there if it holds anything.
func (d folder) Stat(ctx context.Context, name string) (store.Info, error) {
	if name == "" && d.prefix == "" {
		return d.ofFolder(ctx)
	}
	handle, err := d.handle(name)
	if err != nil {
		return store.Info{}, err
	}
	attrs, err := handle.Attrs(ctx)
	switch {
	case errors.Is(err, storage.ErrObjectNotExist) && name == "":
		return d.ofFolder(ctx)
	case err != nil:
		return store.Info{}, told("look for", d.place(name), err)
	}
	return info(name, attrs), nil
}

func (d folder) ofFolder(ctx context.Context) (store.Info, error) {
	objects, err := d.objects(ctx, "", "")
	if err != nil {
		return store.Info{}, err
	}
	objects.PageInfo().MaxSize = 1
	_, err = objects.Next()
	switch {
	case errors.Is(err, iterator.Done) && d.prefix == "": // an empty bucket
	case errors.Is(err, iterator.Done):
		err = storage.ErrObjectNotExist
		fallthrough
	case err != nil:
		return store.Info{}, told("look for", d.URI(), err)
	}
	return store.Info{Mode: fs.ModeDir}, nil
}

// root is what the names of the folder's objects begin with.
func (d folder) root() string {
	if d.prefix == "" {
		return ""
	}
	return d.prefix + "/"
}

// objects are those whose names in the folder begin with prefix. With a delimiter, of
// what lies in folders below only the folders are told.
func (d folder) objects(ctx context.Context, prefix, delimiter string) (*storage.ObjectIterator, error) {
	bucket, err := d.handleOfBucket()
	if err != nil {
		return nil, err
	}
	query := &storage.Query{Prefix: d.root() + prefix, Delimiter: delimiter, Projection: storage.ProjectionNoACL}
	err = query.SetAttrSelection([]string{"Name", "Size", "Updated", "Generation", "CRC32C"})
	return bucket.Objects(ctx, query), err
}

func info(name string, attrs *storage.ObjectAttrs) store.Info {
	return store.Info{
		Name: name, Size: attrs.Size, ModTime: attrs.Updated,
		Version: strconv.FormatInt(attrs.Generation, 10),
		Digest:  fmt.Sprintf("crc32c:%08x", attrs.CRC32C),
	}
}

// List implements store.Dir. A thousand files take one request. What others put into
// buckets to look like folders is left out.
func (d folder) List(ctx context.Context, prefix string) ([]store.Info, error) {
	if parent := prefix[:strings.LastIndexByte(prefix, '/')+1]; parent != "" {
		if _, err := d.nameOf(parent); err != nil {
			return nil, err
		}
	}
	objects, err := d.objects(ctx, prefix, "")
	if err != nil {
		return nil, err
	}
	var infos []store.Info
	for {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, told("list", d.URI(), err)
		}
		if name := strings.TrimPrefix(attrs.Name, d.root()); fs.ValidPath(name) {
			infos = append(infos, info(name, attrs))
		}
	}
	slices.SortFunc(infos, func(a, b store.Info) int { return strings.Compare(a.Name, b.Name) })
	return infos, nil
}
