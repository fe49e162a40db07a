package pickle

// opcode is what one byte asks for. run is nil where it is refused in plain data.
type opcode struct {
	name string
	run  func(*machine) bool
}

const stop = "STOP"

// maxProtocol is the newest version of the format, of Python 3.8.
const maxProtocol = 5

// opcodes are all that pickletools knows.
var opcodes = map[byte]opcode{
	// The frame of a pickle.
	'\x80': {"PROTO", func(m *machine) bool { version, ok := m.byte(); return ok && version <= maxProtocol }},
	'\x95': {"FRAME", func(m *machine) bool { _, ok := m.little(8); return ok }},
	'.':    {stop, nil},

	// Values.
	'N':    {"NONE", func(m *machine) bool { return m.push(nil) }},
	'\x88': {"NEWTRUE", func(m *machine) bool { return m.push(true) }},
	'\x89': {"NEWFALSE", func(m *machine) bool { return m.push(false) }},
	'I':    {"INT", (*machine).decimal},
	'J':    {"BININT", func(m *machine) bool { return m.signed(4) }},
	'K':    {"BININT1", func(m *machine) bool { return m.unsigned(1) }},
	'M':    {"BININT2", func(m *machine) bool { return m.unsigned(2) }},
	'L':    {"LONG", (*machine).decimalLong},
	'\x8a': {"LONG1", func(m *machine) bool { return m.long(1) }},
	'\x8b': {"LONG4", func(m *machine) bool { return m.long(4) }},
	'F':    {"FLOAT", (*machine).decimalFloat},
	'G':    {"BINFLOAT", (*machine).float},
	'V':    {"UNICODE", (*machine).escapedText},
	'\x8c': {"SHORT_BINUNICODE", func(m *machine) bool { return m.text(1) }},
	'X':    {"BINUNICODE", func(m *machine) bool { return m.text(4) }},
	'\x8d': {"BINUNICODE8", func(m *machine) bool { return m.text(8) }},

	// What holds values.
	'(':    {"MARK", func(m *machine) bool { m.marks = append(m.marks, len(m.stack)); return true }},
	')':    {"EMPTY_TUPLE", func(m *machine) bool { return m.sequence(nil, true) }},
	'\x85': {"TUPLE1", func(m *machine) bool { return m.sequence(m.pop(1)) }},
	'\x86': {"TUPLE2", func(m *machine) bool { return m.sequence(m.pop(2)) }},
	'\x87': {"TUPLE3", func(m *machine) bool { return m.sequence(m.pop(3)) }},
	't':    {"TUPLE", func(m *machine) bool { return m.sequence(m.popMark()) }},
	']':    {"EMPTY_LIST", func(m *machine) bool { return m.sequence(nil, true) }},
	'l':    {"LIST", func(m *machine) bool { return m.sequence(m.popMark()) }},
	'a':    {"APPEND", func(m *machine) bool { values, ok := m.pop(1); return ok && m.extend(values) }},
	'e':    {"APPENDS", func(m *machine) bool { values, ok := m.popMark(); return ok && m.extend(values) }},
	'}':    {"EMPTY_DICT", func(m *machine) bool { return m.push(&Dict{}) }},
	'd': {"DICT", func(m *machine) bool {
		values, ok := m.popMark()
		d := &Dict{}
		return ok && d.add(values) && m.push(d)
	}},
	's': {"SETITEM", func(m *machine) bool { values, ok := m.pop(2); return ok && m.set(values) }},
	'u': {"SETITEMS", func(m *machine) bool { values, ok := m.popMark(); return ok && m.set(values) }},

	// Values that occur again.
	'\x94': {"MEMOIZE", func(m *machine) bool { return m.remember(uint64(len(m.memo))) }},
	'q':    {"BINPUT", func(m *machine) bool { key, ok := m.little(1); return ok && m.remember(key) }},
	'r':    {"LONG_BINPUT", func(m *machine) bool { key, ok := m.little(4); return ok && m.remember(key) }},
	'p':    {"PUT", func(m *machine) bool { key, ok := m.lineNumber(); return ok && m.remember(key) }},
	'h':    {"BINGET", func(m *machine) bool { key, ok := m.little(1); return ok && m.recall(key) }},
	'j':    {"LONG_BINGET", func(m *machine) bool { key, ok := m.little(4); return ok && m.recall(key) }},
	'g':    {"GET", func(m *machine) bool { key, ok := m.lineNumber(); return ok && m.recall(key) }},

	// What would import, call or build objects: see building.
	'c': {"GLOBAL", nil}, '\x93': {"STACK_GLOBAL", nil}, 'R': {"REDUCE", nil}, 'b': {"BUILD", nil},
	'i': {"INST", nil}, 'o': {"OBJ", nil}, '\x81': {"NEWOBJ", nil}, '\x92': {"NEWOBJ_EX", nil},
	'P': {"PERSID", nil}, 'Q': {"BINPERSID", nil}, '\x82': {"EXT1", nil}, '\x83': {"EXT2", nil}, '\x84': {"EXT4", nil},
	'\x97': {"NEXT_BUFFER", nil}, '\x98': {"READONLY_BUFFER", nil},

	// Bytes, sets, and what is done to the stack for objects that hold themselves.
	'S': {"STRING", nil}, 'T': {"BINSTRING", nil}, 'U': {"SHORT_BINSTRING", nil},
	'C': {"SHORT_BINBYTES", nil}, 'B': {"BINBYTES", nil}, '\x8e': {"BINBYTES8", nil}, '\x96': {"BYTEARRAY8", nil},
	'\x8f': {"EMPTY_SET", nil}, '\x90': {"ADDITEMS", nil}, '\x91': {"FROZENSET", nil},
	'0': {"POP", nil}, '1': {"POP_MARK", nil}, '2': {"DUP", nil},
}

// sequence pushes a list or tuple of values.
func (m *machine) sequence(items []any, ok bool) bool { return ok && m.push(&Sequence{items}) }
