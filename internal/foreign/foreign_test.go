package foreign

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"
)

// wide is text in UTF-16.
func wide(text string, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func TestForeignFilesAreNamed(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("text")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for want, files := range map[string][][]byte{
		"was a link":       {[]byte("../../blobs/0f2c-9"), []byte("../blobs/a\n")},
		"is empty":         {nil, {}},
		"Git LFS pointer":  {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")},
		"web page":         {[]byte("<!DOCTYPE html>"), []byte("\n <HTML>"), []byte("<?xml version='1.0'?><Error/>")},
		"UTF-16":           {wide("\uFEFF{\"a\": 1}", binary.LittleEndian), wide("\uFEFF{\"a\": 1}", binary.BigEndian), wide("name: x\n", binary.LittleEndian), wide("name: x\n", binary.BigEndian)},
		"gzip":             {packed.Bytes()},
		"zip archive":      {[]byte("PK\x03\x04rest")},
		"pickle":           {[]byte("\x80\x02}q\x00.")},
		"GGUF":             {[]byte("GGUF\x03\x00\x00\x00")},
		"zero bytes only":  {make([]byte, 16), make([]byte, 4096)},
		"compressed by xz": {[]byte("\xfd7zXZ\x00")},
	} {
		for _, data := range files {
			if err := Refuse(data); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want %q", data, err, want)
			}
		}
	}
}

func TestOtherFilesAreNoConcern(t *testing.T) {
	safetensors := append(binary.LittleEndian.AppendUint64(nil, 2), "{}"...)
	for _, data := range [][]byte{[]byte("{}"), []byte("name: x\n"), []byte("\uFEFFname: x\n"), []byte("a,b\n1,2\n"), safetensors, []byte("<unk>"), []byte("x")} {
		if err := Refuse(data); err != nil {
			t.Errorf("%q: %v", data, err)
		}
	}
}
