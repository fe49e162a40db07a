package pytorch

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
)

const (
	zipMagic = "PK\x03\x04"

	// encrypted is the flag of a zip entry that it cannot be read as it stands.
	encrypted = 1
)

// archive is a zip of torch.save: all of its entries lie in one folder.
type archive struct {
	data    []byte
	folder  string
	entries map[string]*zip.File
}

// parseZip reads the tensors of a zip archive: data.pkl is the pickle, data/KEY a storage,
// byteorder the order of bytes in the storages.
func parseZip(data []byte) ([]Tensor, error) {
	a, err := openArchive(data)
	if err != nil {
		return nil, err
	}
	if err := a.littleEndian(); err != nil {
		return nil, err
	}
	pickle, err := a.read("data.pkl")
	if err != nil {
		return nil, err
	}
	if len(pickle) > maxPickle {
		return nil, refused("data.pkl has %d bytes, and %d are read", len(pickle), maxPickle)
	}
	p, err := readPickled(pickle)
	if err != nil {
		return nil, fmt.Errorf("data.pkl: %w", err)
	}
	for _, n := range p.named {
		if err := a.place(n.view.storage); err != nil {
			return nil, fmt.Errorf("tensor %.100q: %w", n.name, err)
		}
	}
	return p.tensors()
}

// openArchive lists the entries. A zip ends with its directory.
func openArchive(data []byte) (*archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(r.File) == 0 {
		return nil, damaged("the zip archive is cut short or has no directory")
	}
	a := &archive{data: data, entries: map[string]*zip.File{}}
	a.folder, _, _ = strings.Cut(r.File[0].Name, "/")
	for _, f := range r.File {
		if a.entries[f.Name] != nil {
			return nil, damaged("the zip archive has two entries %.100q", f.Name)
		}
		a.entries[f.Name] = f
	}
	return a, nil
}

// littleEndian looks at the order of bytes, which versions before 2.1 do not tell.
func (a *archive) littleEndian() error {
	if a.entries[a.folder+"/byteorder"] == nil {
		return nil
	}
	order, err := a.read("byteorder")
	if err == nil && string(order) != "little" {
		return refused("the numbers' byteorder is %.20q, and little is read", order)
	}
	return err
}

// place finds a storage's bytes.
func (a *archive) place(s *storage) error {
	if s.placed {
		return nil
	}
	begin, size, err := a.find("data/" + s.key)
	if err == nil && size != s.bytes {
		err = damaged("storage %.100q has %d bytes, its pickle declares %d", s.key, size, s.bytes)
	}
	s.begin, s.placed = begin, err == nil
	return err
}

// read lends the bytes of an entry.
func (a *archive) read(name string) ([]byte, error) {
	begin, size, err := a.find(name)
	if err != nil {
		return nil, err
	}
	return a.data[begin : begin+size], nil
}

// find says where an entry's bytes are. torch.save never compresses them.
func (a *archive) find(name string) (begin, size int64, err error) {
	f := a.entries[a.folder+"/"+name]
	if f == nil {
		return 0, 0, damaged("the zip archive has no entry %.100q, as those of torch.save have", name)
	}
	if f.Method != zip.Store || f.Flags&encrypted != 0 || f.CompressedSize64 != f.UncompressedSize64 {
		return 0, 0, refused("the zip archive's entry %.100q is compressed or encrypted", name)
	}
	begin, err = f.DataOffset()
	if err != nil || begin > int64(len(a.data)) || f.CompressedSize64 > uint64(int64(len(a.data))-begin) {
		return 0, 0, damaged("the zip archive's entry %.100q lies outside of the file", name)
	}
	return begin, int64(f.CompressedSize64), nil
}
