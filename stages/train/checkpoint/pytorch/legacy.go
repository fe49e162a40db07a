package pytorch

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/clinflow/clinflow/internal/pickle"
)

const (
	pickleMagic = "\x80\x02"

	// legacyMagic is the first pickle of the old format, the number 0x1950a86a20f9469cfc6c.
	legacyMagic = pickleMagic + "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
	// legacyVersion is the second.
	legacyVersion = 1001
)

// legacy is a file of the old format being read.
type legacy struct {
	data []byte
	at   int64
}

// parseLegacy reads the tensors of the old format: pickles of a magic number, a version,
// the writer's system, the object and the keys of its storages, then those, each behind
// its length.
func parseLegacy(data []byte) ([]Tensor, error) {
	if !bytes.HasPrefix(data, []byte(legacyMagic)) {
		return nil, refused("the file is a pickle, but none of torch.save")
	}
	l := &legacy{data, int64(len(legacyMagic))}
	if err := l.begin(); err != nil {
		return nil, err
	}
	p, err := readPickled(l.data[l.at:])
	if err != nil {
		return nil, l.inPickle(err)
	}
	l.at += int64(p.size)
	if err := l.place(p); err != nil {
		return nil, err
	}
	return p.tensors()
}

// begin reads version and system.
func (l *legacy) begin() error {
	version, err := l.next()
	if err != nil {
		return err
	}
	if version != int64(legacyVersion) {
		return refused("the file is of another version than %d of torch.save's old format", legacyVersion)
	}
	system, err := l.next()
	if err != nil {
		return err
	}
	dict, _ := system.(*pickle.Dict)
	if dict == nil {
		return damaged("the file does not say of what system it is")
	}
	for _, pair := range dict.Pairs {
		if pair.Key == "little_endian" && pair.Value != true {
			return refused("the numbers' bytes are in the order of a big-endian machine, and little is read")
		}
	}
	return nil
}

// next reads a pickle of plain data.
func (l *legacy) next() (any, error) {
	value, size, err := pickle.Objects{}.Read(l.data[l.at:])
	if err != nil {
		return nil, l.inPickle(err)
	}
	l.at += int64(size)
	return value, nil
}

// inPickle says in which of the pickles an error is.
func (l *legacy) inPickle(err error) error {
	return fmt.Errorf("the pickle at byte %d: %w", l.at, err)
}

// place finds the bytes of storages, in the order of a list of their keys.
func (l *legacy) place(p *pickled) error {
	value, err := l.next()
	if err != nil {
		return err
	}
	keys, _ := value.(*pickle.Sequence)
	if keys == nil {
		return damaged("the file does not list its storages")
	}
	for _, key := range keys.Items {
		text, _ := key.(string)
		s := p.storages[text]
		if s == nil || s.placed {
			return damaged("the file has a storage %.100q that no tensor is of, or has it twice", text)
		}
		if err := l.storage(s); err != nil {
			return err
		}
	}
	return nil
}

// storage finds the bytes of the next storage: the count of its numbers, then those.
func (l *legacy) storage(s *storage) error {
	left := int64(len(l.data)) - l.at
	if left < 8 {
		return damaged("the file ends at byte %d, before storage %.100q", len(l.data), s.key)
	}
	if count := binary.LittleEndian.Uint64(l.data[l.at:]); count != uint64(s.bytes/s.size) {
		return damaged("storage %.100q at byte %d has %d numbers, its pickle declares %d", s.key, l.at, count, s.bytes/s.size)
	}
	if s.bytes > left-8 {
		return damaged("storage %.100q at byte %d has %d bytes, and the file ends after %d of them", s.key, l.at+8, s.bytes, left-8)
	}
	s.begin, s.placed = l.at+8, true
	l.at = s.begin + s.bytes
	return nil
}
