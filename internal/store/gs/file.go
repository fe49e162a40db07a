package gs

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"

	"cloud.google.com/go/storage"

	"github.com/clinflow/clinflow/internal/store"
)

// chunkBytes is what an upload holds in memory and sends at a time; a smaller file is
// sent in one request, with its sum. Google wants a multiple of 256 KiB.
const (
	chunkBytes = 4 << 20
	chunkStep  = 256 << 10
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// file is an object being written. It is there when its upload ends: a process that is
// killed leaves nothing that a listing shows.
type file struct {
	ctx    context.Context
	cancel context.CancelFunc
	object *storage.ObjectHandle
	place  string
	only   *storage.Conditions // of what is there, if given

	head       []byte // what was written before the upload began
	upload     *storage.Writer
	size       int64
	crc        uint32
	refused    bool  // something else is there: what follows is only summed, to compare
	generation int64 // of what was written, after Commit
	done       bool
}

// Create implements store.Dir.
func (d folder) Create(ctx context.Context, name string) (store.File, error) {
	handle, err := d.handle(name)
	if err != nil {
		return nil, err
	}
	f := &file{object: handle, place: d.place(name)}
	f.ctx, f.cancel = context.WithCancel(ctx)
	return f, nil
}

// CreateNew implements store.Dir.
func (d folder) CreateNew(ctx context.Context, name string) (store.File, error) {
	created, err := d.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	f := created.(*file)
	f.only = &storage.Conditions{DoesNotExist: true}
	return f, nil
}

// Replace implements store.Dir. A version is a generation.
func (d folder) Replace(ctx context.Context, name, version string) (store.File, error) {
	if version == "" {
		return d.CreateNew(ctx, name)
	}
	generation, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s: %q is no generation of an object", d.place(name), version)
	}
	created, err := d.Create(ctx, name)
	if err != nil {
		return nil, err
	}
	f := created.(*file)
	f.only = &storage.Conditions{GenerationMatch: generation}
	return f, nil
}

// Write implements io.Writer.
func (f *file) Write(p []byte) (int, error) {
	f.crc = crc32.Update(f.crc, castagnoli, p)
	f.size += int64(len(p))
	switch {
	case f.refused:
		return len(p), nil
	case f.upload == nil && len(f.head)+len(p) <= chunkBytes:
		f.head = append(f.head, p...)
		return len(p), nil
	case f.upload == nil:
		f.begin(chunkBytes)
		if err := f.send(f.head); err != nil {
			return 0, err
		}
		f.head = nil
	}
	return len(p), f.send(p)
}

func (f *file) begin(chunk int) {
	object := f.object.Retryer(counted()...)
	if f.only != nil {
		object = object.If(*f.only)
	}
	f.upload = object.NewWriter(f.ctx)
	f.upload.ContentType = "application/octet-stream"
	f.upload.ChunkSize = chunk
	f.upload.ChunkRetryDeadline = 2 * time.Minute
	f.upload.ChunkTransferTimeout = stall
}

// send keeps in mind that another object is there: what it is, Commit will say.
func (f *file) send(p []byte) error {
	_, err := f.upload.Write(p)
	if f.only != nil && failed(err) {
		f.refused = true
		return nil
	}
	return told("write", f.place, err)
}

// Commit implements store.File.
func (f *file) Commit() error {
	if f.done {
		return fmt.Errorf("%s: committed or aborted twice", f.place)
	}
	f.done = true
	defer f.cancel()
	if f.upload == nil {
		return f.once()
	}
	if f.refused {
		return f.compare(store.ErrExists)
	}
	return f.end()
}

// once sends a small file whole, again where an answer was cut off that the client took
// for its end.
func (f *file) once() (err error) {
	for range tries {
		f.begin((len(f.head)/chunkStep + 1) * chunkStep)
		f.upload.CRC32C, f.upload.SendCRC32C = f.crc, true
		_, _ = f.upload.Write(f.head) // Close tells of its error
		if err = f.end(); !passing(err) {
			break
		}
	}
	return err
}

// end ends the upload. Where that fails, what is there says whether only its answer was
// lost.
func (f *file) end() error {
	err := f.upload.Close()
	switch {
	case err == nil:
		f.generation = f.upload.Attrs().Generation
		return nil
	case f.only != nil && failed(err):
		return f.compare(store.ErrExists)
	case passing(err):
		return f.compare(told("write", f.place, err))
	}
	return told("write", f.place, err)
}

// compare returns nil where the same bytes are there: our own, of a write whose answer
// was lost, or another's who made the same.
func (f *file) compare(otherwise error) error {
	attrs, err := f.object.Attrs(f.ctx)
	switch {
	case err != nil && !errors.Is(err, storage.ErrObjectNotExist):
		return told("look at", f.place, err)
	case err == nil && attrs.Size == f.size && attrs.CRC32C == f.crc:
		f.generation = attrs.Generation
		return nil
	}
	return fmt.Errorf("%s: %w", f.place, otherwise)
}

// Abort implements store.File.
func (f *file) Abort() {
	if f.done {
		return
	}
	f.done = true
	f.cancel() // ends the upload too
}
