package packed_test

import (
	"bytes"
	"testing"

	"github.com/entente/entente/lang/internal/packed"
)

func FuzzPacked(f *testing.F) {
	f.Add([]byte{}, -1)
	f.Add([]byte("weights weights weights"), 3)
	f.Add(bytes.Repeat([]byte{128}, 5000), 7)
	f.Fuzz(func(t *testing.T, b []byte, harm int) {
		p, err := packed.Pack(b)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := packed.Unpack(string(p), len(b)); err != nil || got != string(b) {
			t.Fatalf("%d bytes come back as %d: %v", len(b), len(got), err)
		}
		if _, err := packed.Unpack(string(p), len(b)+1); err == nil {
			t.Error("fewer than announced are taken")
		}
		if len(b) > 0 {
			if _, err := packed.Unpack(string(p), len(b)-1); err == nil {
				t.Error("more than announced are taken")
			}
		}
		if harm >= 0 && harm < len(p) {
			p[harm] ^= 0x55
			if got, err := packed.Unpack(string(p), len(b)); err == nil && got != string(b) {
				t.Error("damage is not seen")
			}
		}
	})
}
