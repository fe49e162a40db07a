// Package pickle reads plain data out of Python's pickles: None, booleans, numbers,
// text, lists, tuples and dicts, and objects that its caller makes. A pickle is a program
// for a stack machine, which can import and call anything. Here the opcodes of plain data
// are all that there is, and of those that build objects the few that Objects answers: a
// pickle with any other is refused by that one's name, and nothing of Python is ever called.
// What the opcodes do is documented in CPython's Lib/pickletools.py.
package pickle

import (
	"github.com/clinflow/clinflow/internal/exit"
)

// MaxBytes bounds a pickle: a value takes up to some fifty times the bytes of its
// opcode. Lists of labels have below one MiB.
const MaxBytes = 16 << 20

// Sequence is a list or a tuple.
type Sequence struct{ Items []any }

// Dict is a dict in the order of the file. A key may occur twice; the last one counts.
type Dict struct{ Pairs []Pair }

// Pair is a key and its value.
type Pair struct{ Key, Value any }

// Read returns what a pickle holds: nil, bool, int64, float64, string, *Sequence or
// *Dict. Errors are of exit.BadData and hold none of the data.
func Read(data []byte) (any, error) {
	if len(data) > MaxBytes {
		return nil, exit.Errorf(exit.BadData, "the pickle is larger than %d MiB", MaxBytes>>20)
	}
	value, _, err := Objects{}.Read(data)
	return value, err
}

// run does what the next opcode asks for, and says whether it is the last one.
func (m *machine) run() (last bool, err error) {
	m.began = m.at
	code, ok := m.byte()
	if !ok {
		return false, exit.Errorf(exit.BadData, "the pickle ends before its opcode STOP; get it again")
	}
	if opcodes[code].name == stop {
		return true, nil
	}
	return false, m.opcode(code)
}

func (m *machine) opcode(code byte) error {
	op, known := opcodes[code]
	if m.objects.Global != nil && op.run == nil {
		op.run = building[code]
	}
	switch {
	case !known:
		return exit.Errorf(exit.BadData, "byte %d is no opcode of a pickle; get it again", m.began)
	case op.run == nil:
		return exit.Errorf(exit.BadData, "the pickle has the opcode %s at byte %d, which builds more than plain data, and is not run; write it again of dicts, lists, numbers and text", op.name, m.began)
	case op.run(m):
		return nil
	case m.refusal != nil:
		return m.refusal
	default:
		return exit.Errorf(exit.BadData, "the opcode %s at byte %d of the pickle has not what it needs, or a number of more than 64 bits; get it again", op.name, m.began)
	}
}

// machine is a pickle being read. Its methods say whether there was what they need.
type machine struct {
	data    []byte
	at      int
	began   int // where the present opcode stands
	stack   []any
	marks   []int // lengths of the stack
	memo    map[uint64]any
	objects Objects
	refusal error // why the caller made no object
}

// result is the one value that a whole pickle leaves.
func (m *machine) result() (any, error) {
	if len(m.stack) != 1 || len(m.marks) > 0 {
		return nil, exit.Errorf(exit.BadData, "the pickle leaves %d values, not one; get it again", len(m.stack))
	}
	return m.stack[0], nil
}

func (m *machine) push(value any) bool {
	m.stack = append(m.stack, value)
	return true
}

// floor is where the values of the innermost mark begin.
func (m *machine) floor() int {
	if len(m.marks) == 0 {
		return 0
	}
	return m.marks[len(m.marks)-1]
}

// pop takes the top n values.
func (m *machine) pop(n int) ([]any, bool) {
	from := len(m.stack) - n
	if from < m.floor() {
		return nil, false
	}
	values := append([]any(nil), m.stack[from:]...)
	m.stack = m.stack[:from]
	return values, true
}

// popMark takes the values above the innermost mark, and the mark.
func (m *machine) popMark() ([]any, bool) {
	if len(m.marks) == 0 {
		return nil, false
	}
	values, ok := m.pop(len(m.stack) - m.floor())
	m.marks = m.marks[:len(m.marks)-1]
	return values, ok
}

// top is the value on top, which stays.
func (m *machine) top() (any, bool) {
	if len(m.stack) <= m.floor() {
		return nil, false
	}
	return m.stack[len(m.stack)-1], true
}

// remember puts the value on top into the memo.
func (m *machine) remember(key uint64) bool {
	value, ok := m.top()
	m.memo[key] = value
	return ok
}

// recall pushes a value of the memo.
func (m *machine) recall(key uint64) bool {
	value, ok := m.memo[key]
	return ok && m.push(value)
}

// extend adds values to the list on top.
func (m *machine) extend(values []any) bool {
	value, _ := m.top()
	list, ok := value.(*Sequence)
	if ok {
		list.Items = append(list.Items, values...)
	}
	return ok
}

// set adds keys and values, by turns, to the dict on top.
func (m *machine) set(values []any) bool {
	value, _ := m.top()
	dict, ok := value.(*Dict)
	return ok && dict.add(values)
}

func (d *Dict) add(values []any) bool {
	for i := 0; i+1 < len(values); i += 2 {
		d.Pairs = append(d.Pairs, Pair{values[i], values[i+1]})
	}
	return len(values)%2 == 0
}
