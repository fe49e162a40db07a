// Package foreign names what commonly lies where another kind of file is expected:
// what a download left behind, or a file that was saved or packed in another way.
package foreign

import (
	"bytes"
	"errors"
	"regexp"
)

// magics are how files of a kind begin, and what to do about them.
var magics = []struct{ begin, what string }{
	{"version https://git-lfs.github.com/", "is a Git LFS pointer, not what it points to; run `git lfs pull` in its folder"},
	{"\x1f\x8b", "is compressed by gzip; decompress it"},
	{"PK\x03\x04", "is a zip archive, as PyTorch's .bin and .pt files are; give the file that it should be"},
	{"\xfd7zXZ\x00", "is compressed by xz; decompress it"},
	{"\x28\xb5\x2f\xfd", "is compressed by zstd; decompress it"},
	{"GGUF", "is a GGUF model, as llama.cpp has; give the model as a Hugging Face folder"},
	{"PAR1", "is a Parquet file; give the file that it was made from"},
	{"\x89HDF\r\n", "is an HDF5 file; give the file that it should be"},
	{"\x80\x02", "is a pickle, as PyTorch's .bin files are; give the file that it should be"},
	{"\xff\xfe", notUTF8},
	{"\xfe\xff", notUTF8},
	{"\x00\x00\xfe\xff", notUTF8},
}

const notUTF8 = "is text in UTF-16 or UTF-32; save it as UTF-8"

// HeadBytes is how much of a file tells what it is.
const HeadBytes = 512

// leastZeros are too many for a number that something begins with.
const leastZeros = 16

// webPage is how pages begin, those of a sign-in among them.
var webPage = regexp.MustCompile(`(?i)^\s*<(?:!doctype|html|head|body|\?xml)`)

// linkText is a link of a hub's cache that a copy turned into a file of its target.
var linkText = regexp.MustCompile(`^(?:\.\./)+[A-Za-z0-9_./-]+\n?$`)

// wideText is how text in UTF-16 without a byte order mark begins: ASCII characters
// and zero bytes by turns.
var wideText = regexp.MustCompile(`^(?:(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4})`)

// Refuse says what data is where it is empty or of one of the kinds, nil otherwise.
// data is a file or its beginning; the error goes behind the file's name.
func Refuse(data []byte) error {
	head := data[:min(len(data), HeadBytes)]
	if len(data) == 0 {
		return errors.New("the file is empty; get it again")
	}
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.begin)) {
			return errors.New("the file " + m.what)
		}
	}
	switch {
	case webPage.Match(head):
		return errors.New("the file is a web page, perhaps one that asks to sign in; get the file again")
	case linkText.Match(head):
		return errors.New("the file holds a path: it was a link, and was copied as text; copy the folder again with what its links lead to, as cp -L does")
	case wideText.Match(head):
		return errors.New("the file " + notUTF8)
	case len(head) >= leastZeros && len(bytes.Trim(head, "\x00")) == 0:
		return errors.New("the file begins with zero bytes only; its download or copy did not end, get it again")
	}
	return nil
}
