package pickle

import (
	"fmt"

	"github.com/clinflow/clinflow/internal/exit"
)

// Objects are what a pickle may hold beyond plain data; none without functions. Nothing is
// imported: what the caller gives for a class, a function or an object that is kept
// elsewhere stands for it.
type Objects struct {
	// Global gives what stands for a class or function of Python, by module and name,
	// such as "collections.OrderedDict": a Function where the pickle may call it.
	Global func(name string) (any, error)
	// Persistent gives the object that is kept outside of the pickle under an id.
	Persistent func(id any) (any, error)
}

// Function stands for a class or function of Python that is called.
type Function func(args []any) (any, error)

// Read reads the pickle that data begins with, of up to MaxBytes, and says how long it
// is. Dicts lose the attributes that an OrderedDict may have.
func (o Objects) Read(data []byte) (value any, size int, err error) {
	m := machine{data: data[:min(len(data), MaxBytes)], objects: o, memo: map[uint64]any{}}
	for last := false; err == nil && !last; {
		last, err = m.run()
	}
	if err != nil {
		return nil, 0, err
	}
	value, err = m.result()
	return value, m.at, err
}

// building are the opcodes that build objects. They are run where the caller says of what.
var building = map[byte]func(*machine) bool{
	'c': (*machine).global, '\x93': (*machine).stackGlobal, 'R': (*machine).reduce, 'b': (*machine).build, 'Q': (*machine).persistent,
}

func (m *machine) global() bool {
	module, ok := m.line()
	name, ok2 := m.line()
	return ok && ok2 && m.named(module+"."+name)
}

func (m *machine) stackGlobal() bool {
	values, ok := m.pop(2)
	if !ok {
		return false
	}
	module, ok := values[0].(string)
	name, ok2 := values[1].(string)
	return ok && ok2 && m.named(module+"."+name)
}

func (m *machine) named(name string) bool { return m.made(m.objects.Global(name)) }

// reduce calls a function with a tuple of arguments.
func (m *machine) reduce() bool {
	values, ok := m.pop(2)
	if !ok {
		return false
	}
	function, ok := values[0].(Function)
	args, ok2 := values[1].(*Sequence)
	return ok && ok2 && m.made(function(args.Items))
}

// build takes the attributes of the dict below them away.
func (m *machine) build() bool {
	_, ok := m.pop(1)
	object, _ := m.top()
	_, isDict := object.(*Dict)
	return ok && isDict
}

func (m *machine) persistent() bool {
	id, ok := m.pop(1)
	return ok && m.made(m.objects.Persistent(id[0]))
}

// made pushes what the caller made, or keeps why it did not.
func (m *machine) made(value any, err error) bool {
	if err != nil {
		m.refusal = exit.With(exit.BadData, fmt.Errorf("byte %d of the pickle: %w", m.began, err))
		return false
	}
	return m.push(value)
}
