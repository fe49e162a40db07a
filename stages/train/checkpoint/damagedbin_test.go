package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// Pickles by hand, as pickletools.dis shows them.
func text(s string) string {
	return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func number(n int64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, uint64(n)))
}

func tuple(items ...string) string { return "(" + strings.Join(items, "") + "t" }

func numbers(list ...int64) string {
	var items []string
	for _, n := range list {
		items = append(items, number(n))
	}
	return tuple(items...)
}

func dict(pairs ...string) string { return "\x80\x02}(" + strings.Join(pairs, "") + "u." }

func storage(class, key string, count int64) string {
	return tuple(text("storage"), "ctorch\n"+class+"\n", text(key), text("cpu"), number(count)) + "Q"
}

func tensor(storage string, offset int64, shape, strides string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n" + tuple(storage, number(offset), shape, strides, "\x89", "ccollections\nOrderedDict\n)R") + "R"
}

// floats4 is a storage of four numbers.
var floats4 = storage("FloatStorage", "0", 4)

// seen is a file with one tensor over that storage.
func seen(offset int64, shape, strides string) []byte {
	return zipped(dict(text("w"), tensor(floats4, offset, shape, strides)), nil)
}

// zipped is a file of torch.save with a pickle and 16 bytes of storage 0; change may
// alter the entries before they are written, by their names.
func zipped(pickle string, change func(entries map[string]*entryOfZip)) []byte {
	names := []string{"data.pkl", "byteorder", "data/0"}
	entries := map[string]*entryOfZip{"data.pkl": {text: pickle}, "byteorder": {text: "little"}, "data/0": {text: strings.Repeat("\x00", 16)}}
	if change != nil {
		change(entries)
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		if e := entries[name]; e != nil {
			h := zip.FileHeader{Name: "archive/" + name, Method: e.method, Flags: e.flags, UncompressedSize64: uint64(len(e.text)) + e.claims, CompressedSize64: uint64(len(e.text)) + e.occupies}
			if e.renamed != "" {
				h.Name = "archive/" + e.renamed
			}
			part, err := w.CreateRaw(&h)
			if err == nil {
				_, err = part.Write([]byte(e.text))
			}
			if err != nil {
				panic(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

type entryOfZip struct {
	text             string
	method, flags    uint16
	claims, occupies uint64 // bytes too many that the headers tell
	renamed          string
}

// old is a file of the old format: pickles, then what follows them.
func old(system, object, keys, storages string) []byte {
	const magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
	return []byte(magic + "\x80\x02M\xe9\x03." + system + object + keys + storages)
}

const (
	little  = "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
	oneKey  = "\x80\x02]X\x01\x00\x00\x000a."
	four    = "\x04\x00\x00\x00\x00\x00\x00\x00"
	sixteen = "0123456789abcdef"
)

var damagedBins = map[string]struct {
	data []byte
	want string
}{
	"empty":             {nil, "does not begin"},
	"zeros":             {make([]byte, 64), "zero bytes only"},
	"LFS pointer":       {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"), "Git LFS pointer"},
	"web page":          {[]byte("<!DOCTYPE html>\n<html></html>"), "web page"},
	"JSON":              {[]byte(`{"error": "Repository not found"}`), "the file is JSON"},
	"safetensors":       {file(`{}`, 0), "does not begin as those of torch.save"},
	"another pickle":    {[]byte(dict()), "none of torch.save"},
	"tar":               {append([]byte("sys_info"), make([]byte, 512)...), "does not begin"},
	"zip cut short":     {seen(0, numbers(2, 2), numbers(2, 1))[:300], "cut short"},
	"zip of nothing":    {[]byte("PK\x03\x04"), "cut short"},
	"no pickle":         {zipped(dict(), func(e map[string]*entryOfZip) { delete(e, "data.pkl") }), `no entry "data.pkl"`},
	"TorchScript":       {zipped("\x80\x02c__torch__\nModule\n)\x81.", nil), `"__torch__.Module"`},
	"compressed":        {zipped(dict(), func(e map[string]*entryOfZip) { e["data.pkl"].method = zip.Deflate }), `"data.pkl" is compressed`},
	"encrypted":         {zipped(dict(), func(e map[string]*entryOfZip) { e["data.pkl"].flags = 1 }), `compressed or encrypted`},
	"a bomb":            {zipped(dict(), func(e map[string]*entryOfZip) { e["data.pkl"].claims = 1 << 40 }), `compressed or encrypted`},
	"an entry too long": {zipped(dict(), func(e map[string]*entryOfZip) { e["data.pkl"].claims, e["data.pkl"].occupies = 1<<40, 1<<40 }), `"data.pkl" lies outside`},
	"an entry twice":    {zipped(dict(), func(e map[string]*entryOfZip) { e["data/0"].renamed = "data.pkl" }), `two entries "archive/data.pkl"`},
	"big-endian":        {zipped(dict(), func(e map[string]*entryOfZip) { e["byteorder"].text = "big" }), `byteorder is "big"`},

	"a pickle cut short":  {zipped(dict(text("w"))[:9], nil), "data.pkl: the opcode BINUNICODE at byte 4"},
	"too large a pickle":  {zipped(strings.Repeat("]", 5<<20), nil), "data.pkl has 5242880 bytes"},
	"a class":             {zipped("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", nil), `byte 2 of the pickle: the pickle names "os.system"`},
	"a class by its text": {zipped("\x80\x04\x8c\x02os\x8c\x06system\x93.", nil), `names "os.system"`},
	"a long name":         {zipped("\x80\x02c"+strings.Repeat("x", 1<<16)+"\nsystem\n.", nil), `names "xxx`},
	"another opcode":      {zipped("\x80\x02N\x82\x01.", nil), "the opcode EXT1 at byte 3"},
	"no dict":             {zipped("\x80\x02N.", nil), "no dict of tensors"},
	"a key that is none":  {zipped(dict("N", "N"), nil), "key 1 of the file's dict is no text"},
	"no tensor":           {zipped(dict(text("epoch"), number(1)), nil), `"epoch" is no tensor`},
	"a long key":          {zipped(dict(text(strings.Repeat("x", 1<<16)), number(1)), nil), `xxx" is no tensor`},
	"itself":              {zipped("\x80\x02}q\x00X\x01\x00\x00\x00wh\x00s.", nil), `"w" is no tensor`},
	"twice":               {zipped(dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1)), text("w"), tensor(floats4, 0, numbers(4), numbers(1))), nil), `tensor "w": declared twice`},
	"arguments":           {zipped(dict(text("w"), "ctorch._utils\n_rebuild_tensor_v2\n)R"), nil), "a tensor has 0 arguments"},
	"no storage":          {zipped(dict(text("w"), tensor("N", 0, numbers(4), numbers(1))), nil), "a tensor has no storage"},
	"a parameter":         {zipped(dict(text("w"), "ctorch._utils\n_rebuild_parameter\nNNN\x87R"), nil), "a parameter holds no tensor"},
	"an ordered dict":     {zipped("\x80\x02ccollections\nOrderedDict\n]\x85R.", nil), "as Python 2 did"},
	"another reference":   {zipped(dict(text("w"), text("module")+"Q"), nil), "that is no storage"},
	"a module":            {zipped(dict(text("w"), tuple(text("module"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), number(4))+"Q"), nil), "that is no storage"},
	"an unknown storage":  {zipped(dict(text("w"), storage("QInt8Storage", "0", 4)), nil), `"torch.QInt8Storage"`},
	"a negative storage":  {zipped(dict(text("w"), storage("FloatStorage", "0", -1)), nil), "without its type, key or length"},
	"a huge storage":      {zipped(dict(text("w"), storage("FloatStorage", "0", 1<<62)), nil), "without its type, key or length"},
	"two types":           {zipped(dict(text("v"), tensor(floats4, 0, numbers(4), numbers(1)), text("w"), tensor(storage("HalfStorage", "0", 8), 0, numbers(4), numbers(1))), nil), `declares storage "0" twice`},

	"a storage that is too short": {zipped(dict(text("w"), tensor(storage("FloatStorage", "0", 5), 0, numbers(5), numbers(1))), nil), `tensor "w": storage "0" has 16 bytes, its pickle declares 20`},
	"a storage of a terabyte":     {zipped(dict(text("w"), tensor(storage("FloatStorage", "0", 1<<38), 0, numbers(1<<38), numbers(1))), nil), "its pickle declares 1099511627776"},
	"a storage that is not there": {zipped(dict(text("w"), tensor(storage("FloatStorage", "1", 4), 0, numbers(4), numbers(1))), nil), `no entry "data/1"`},
	"an offset out of range":      {seen(4, numbers(1), numbers(1)), `tensor "w": shape [1] with strides [1] at offset 4 lies outside of its storage of 4 values`},
	"a negative offset":           {seen(-1, numbers(1), numbers(1)), "an offset"},
	"an end out of range":         {seen(1, numbers(4), numbers(1)), "at offset 1 lies outside"},
	"strides out of range":        {seen(0, numbers(2, 2), numbers(3, 1)), "lies outside"},
	"strides that overflow":       {seen(0, numbers(2, 2), numbers(1<<62, 1<<62)), "lies outside"},
	"negative strides":            {seen(3, numbers(4), numbers(-1)), "strides that are none"},
	"more values than there are":  {seen(0, numbers(1<<40), numbers(0)), "has 1099511627776 values, its storage 4"},
	"a shape that overflows":      {seen(0, numbers(1<<40, 1<<40), numbers(0, 0)), "impossible shape"},
	"a negative shape":            {seen(0, numbers(-1), numbers(1)), "a shape of up to"},
	"too many dimensions":         {seen(0, numbers(1, 1, 1, 1, 1, 1, 1, 1, 1), numbers(1, 1, 1, 1, 1, 1, 1, 1, 1)), "up to 8 dimensions"},
	"strides for another shape":   {seen(0, numbers(2, 2), numbers(1)), "strides that are none"},

	"old: nothing behind":    {old("", "", "", ""), "the pickle at byte 21: the pickle ends"},
	"old: another version":   {bytes.Replace(old("", "", "", ""), []byte("M\xe9\x03"), []byte("M\xea\x03"), 1), "another version than 1001"},
	"old: no system":         {old("\x80\x02N.", "", "", ""), "of what system"},
	"old: an import":         {old("\x80\x02cos\nsystem\n.", "", "", ""), "the opcode GLOBAL"},
	"old: no keys":           {old(little, dict(), "\x80\x02N.", ""), "does not list its storages"},
	"old: another key":       {old(little, dict(), oneKey, ""), `a storage "0" that no tensor is of`},
	"old: a storage twice":   {old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), "\x80\x02]X\x01\x00\x00\x000aX\x01\x00\x00\x000a.", four+sixteen+four+sixteen), "or has it twice"},
	"old: a class":           {old(little, "\x80\x02cos\nsystem\n.", "", ""), `"os.system"`},
	"old: no storage":        {old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), "\x80\x02].", ""), `tensor "w": its storage "0" is not in the file`},
	"old: no length":         {old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), oneKey, four[:7]), `before storage "0"`},
	"old: another length":    {old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), oneKey, "\xff\xff\xff\xff\xff\xff\xff\xff"+sixteen), "18446744073709551615 numbers, its pickle declares 4"},
	"old: cut short":         {old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), oneKey, four+sixteen[:9]), "the file ends after 9 of them"},
	"old: part of a storage": {old(little, dict(text("w"), tuple(text("storage"), "ctorch\nFloatStorage\n", text("0"), text("cpu"), number(4), number(1))+"Q"), "", ""), "PyTorch before 0.4"},
}

func TestDamagedFilesOfTorchAreNamed(t *testing.T) {
	for name, c := range damagedBins {
		t.Run(name, func(t *testing.T) { wantDamaged(t, PickleName, c.data, c.want) })
	}
}

// What these are damaged from is read, and copied where values are in another order.
func TestFilesByHandAreRead(t *testing.T) {
	for i, c := range []struct {
		data   []byte
		copied bool
	}{
		{seen(0, numbers(2, 2), numbers(1, 2)), true},
		{zipped(dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), func(e map[string]*entryOfZip) { delete(e, "byteorder") }), false}, // before PyTorch 2.1
		{seen(0, numbers(4), numbers(0)), true},
		{seen(0, numbers(1, 4), numbers(9, 1)), false},
		{seen(4, numbers(0, 1<<40), numbers(1, 1)), false},
		{old(little, dict(text("w"), tensor(floats4, 0, numbers(4), numbers(1))), oneKey, four+sixteen), false},
	} {
		entries, err := parseAs(pickleExt, c.data)
		if err != nil || len(entries) != 1 || (entries[0].Strides != nil) != c.copied {
			t.Fatalf("file %d: %+v, %v", i, entries, err)
		}
		if _, err := entries[0].values(t.Context(), c.data); err != nil {
			t.Errorf("file %d: %v", i, err)
		}
	}
}
