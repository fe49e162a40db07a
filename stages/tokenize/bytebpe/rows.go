package bytebpe

//go:generate go run ./asm -out rows_amd64.s -stubs rows_amd64.go -pkg bytebpe

// rows tell of rowBytes bytes of a text of which kinds they are: bit i of a row is set
// where byte i is of the row's kind.
type rows [8]uint64

// rowBytes are as many as a row has bits.
const rowBytes = 64

const (
	upperRow      = iota // letters up to O and o
	lowerRow             // letters from P and p on
	numberRow            // numbers
	controlRow           // blanks but U+0020
	spaceRow             // U+0020
	newlineRow           // newlines
	apostropheRow        // apostrophes
	wideRow              // bytes of characters that are not ASCII
)

// rowOf are the rows of each byte, none of most that are other.
var rowOf = func() (of [256]int) {
	byKind := [...]int{other: -1, letter: upperRow, number: numberRow, blank: controlRow, newline: newlineRow, wide: wideRow}
	for b, kind := range ascii {
		of[b] = byKind[kind]
		if kind == letter && b&0x10 != 0 {
			of[b] = lowerRow
		}
	}
	of[' '], of['\''] = spaceRow, apostropheRow
	return of
}()

// rowBits have bit 8·k set of the bytes of row k.
var rowBits = func() (of [256]uint64) {
	for b, row := range rowOf {
		if row >= 0 {
			of[b] = 1 << (8 * row)
		}
	}
	return of
}()

// rowHalves are rowOf in two tables of 16 bytes, which one instruction looks into for a
// whole vector: a byte is of row k where bit k is set for its upper half in the first
// and for its lower half in the second. For that the letters have two rows.
var rowHalves = func() (of [2][16]byte) {
	for b, row := range rowOf {
		if row >= 0 {
			of[0][b>>4] |= 1 << row
			of[1][b&0xf] |= 1 << row
		}
	}
	return of
}()

// takeEach is take byte by byte.
func (r *rows) takeEach(text *[rowBytes]byte) {
	*r = rows{}
	for from := 0; from < rowBytes; from += 8 {
		var bits uint64
		for i, b := range text[from : from+8] {
			bits |= rowBits[b] << i
		}
		for row := range r {
			r[row] |= bits >> (8 * row) & 0xff << from
		}
	}
}
