package intake

import (
	"math/big"
	"path"
	"strings"
)

// unshort is the SHA-1 in hexadecimal that a short address of Discourse stands for, "" for none.
func unshort(s string) string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	if len(s) == 0 || len(s) > 27 {
		return ""
	}
	n := new(big.Int)
	for i := range len(s) {
		d := strings.IndexByte(digits, s[i])
		if d < 0 {
			return ""
		}
		n.Mul(n, big.NewInt(62)).Add(n, big.NewInt(int64(d)))
	}
	out := n.Text(16)
	if len(out) > 40 {
		return ""
	}
	return strings.Repeat("0", 40-len(out)) + out
}

// ending is the file of a source whose path ends in that of an address, "" for none.
func (s *Source) ending(name string) string {
	if name == "" || !strings.Contains(name, ".") {
		return ""
	}
	for _, f := range s.files {
		if f.name == name || strings.HasSuffix(f.name, "/"+name) || strings.HasSuffix(name, "/"+f.name) {
			return f.name
		}
	}
	return ""
}

// beginning is the file of a source whose own name begins so, "" for none.
func (s *Source) beginning(with string) string {
	for _, f := range s.files {
		if strings.HasPrefix(path.Base(f.name), with) {
			return f.name
		}
	}
	return ""
}
