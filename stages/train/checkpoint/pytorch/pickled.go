package pytorch

import (
	"math"

	"github.com/clinflow/clinflow/internal/pickle"
)

// maxPickle bounds the pickle of tensors, which takes some hundred times its bytes where it
// is made for that; one tensor has some 200 bytes.
const maxPickle = 4 << 20

// pickled is the object of a file: a dict of tensors over storages.
type pickled struct {
	size     int // bytes of the pickle
	named    []namedView
	storages map[string]*storage // by key
}

type namedView struct {
	name string
	view *view
}

// storage is a row of numbers, as the pickle declares it.
type storage struct {
	number
	key    string
	bytes  int64
	placed bool
	begin  int64 // in the file, once it is placed
}

// readPickled reads the pickle that data begins with, of up to maxPickle bytes.
func readPickled(data []byte) (*pickled, error) {
	p := &pickled{storages: map[string]*storage{}}
	value, size, err := pickle.Objects{Global: global, Persistent: p.storage}.Read(data[:min(len(data), maxPickle)])
	if err != nil {
		return nil, err
	}
	p.size = size
	return p, p.names(value)
}

// names takes the tensors out of a dict.
func (p *pickled) names(value any) error {
	dict, ok := value.(*pickle.Dict)
	if !ok {
		return refused("the file holds no dict of tensors")
	}
	seen := map[string]bool{}
	for i, pair := range dict.Pairs {
		name, ok := pair.Key.(string)
		v, ok2 := pair.Value.(*view)
		switch {
		case !ok:
			return refused("key %d of the file's dict is no text", i+1)
		case !ok2:
			return refused("%.100q is no tensor", name)
		case seen[name]:
			return damaged("tensor %.100q: declared twice", name)
		}
		seen[name] = true
		p.named = append(p.named, namedView{name, v})
	}
	return nil
}

// storage makes what a pickle's persistent id names: ("storage", class, key, device,
// numbers), and in the old format a part of another storage, which no version since
// PyTorch 0.4 writes.
func (p *pickled) storage(id any) (any, error) {
	sequence, _ := id.(*pickle.Sequence)
	if sequence == nil || len(sequence.Items) < 5 || sequence.Items[0] != "storage" {
		return nil, refused("the pickle refers to something outside of it that is no storage")
	}
	if len(sequence.Items) > 6 || len(sequence.Items) == 6 && sequence.Items[5] != nil {
		return nil, refused("the pickle refers to a part of a storage, as PyTorch before 0.4 wrote")
	}
	class, ok := sequence.Items[1].(number)
	key, ok2 := sequence.Items[2].(string)
	count, ok3 := sequence.Items[4].(int64)
	if !ok || !ok2 || !ok3 || count < 0 || count > math.MaxInt64/class.size {
		return nil, damaged("the pickle declares a storage without its type, key or length")
	}
	return p.declare(storage{number: class, key: key, bytes: count * class.size})
}

// declare keeps one storage of a key.
func (p *pickled) declare(s storage) (*storage, error) {
	before := p.storages[s.key]
	if before == nil {
		p.storages[s.key] = &s
		return &s, nil
	}
	if *before != s {
		return nil, damaged("the pickle declares storage %.100q twice, as %d bytes of %s and %d of %s", s.key, before.bytes, before.dtype, s.bytes, s.dtype)
	}
	return before, nil
}

// tensors places every view into the file, after its storages.
func (p *pickled) tensors() ([]Tensor, error) {
	tensors := make([]Tensor, len(p.named))
	for i, n := range p.named {
		if !n.view.storage.placed {
			return nil, damaged("tensor %.100q: its storage %.100q is not in the file", n.name, n.view.storage.key)
		}
		t, err := n.view.tensor()
		if err != nil {
			return nil, damaged("tensor %.100q: %w", n.name, err)
		}
		t.Name = n.name
		tensors[i] = t
	}
	return tensors, nil
}
