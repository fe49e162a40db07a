package bytebpe

import "unicode/utf8"

// GPT-2's alphabet: the character that stands for each byte in pieces
// (https://github.com/openai/gpt-2, bytes_to_unicode). Bytes that print stand for
// themselves in Latin-1, the others for the characters from U+0100 on.
var (
	letters [256]rune
	bytesOf = map[rune]byte{}
)

func init() {
	next := rune(0x100)
	for b := range letters {
		letters[b] = rune(b)
		if b <= ' ' || b == 0xad || b >= 0x7f && b <= 0xa0 {
			letters[b] = next
			next++
		}
		bytesOf[letters[b]] = byte(b)
	}
}

// appendLetters appends what stands for bytes.
func appendLetters(dst, text []byte) []byte {
	for _, b := range text {
		dst = utf8.AppendRune(dst, letters[b])
	}
	return dst
}

// appendBytes appends what a token's text stands for: where a character is not of the
// alphabet, as in added tokens, the text is meant as it is.
func appendBytes(dst []byte, token string) []byte {
	begin := len(dst)
	for _, r := range token {
		b, known := bytesOf[r]
		if !known {
			return append(dst[:begin], token...)
		}
		dst = append(dst, b)
	}
	return dst
}
