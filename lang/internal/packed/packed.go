// Package packed decides how weights lie in the program: bytes come in, a third to a half as many go out, and the bytes again.
package packed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// window is how far back a repetition may lie.
const window = 8 << 20

// Pack makes less of bytes. The same bytes give the same.
func Pack(b []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(window))
	if err != nil {
		return nil, fmt.Errorf("pack weights: %w", err)
	}
	return w.EncodeAll(b, nil), w.Close()
}

// Unpack gives the bytes that were packed, which are size; other bytes, more or fewer, are refused.
func Unpack(packed string, size int) (string, error) {
	r, err := zstd.NewReader(strings.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(window), zstd.WithDecoderMaxMemory(uint64(max(size, window))+1))
	if err != nil {
		return "", fmt.Errorf("unpack weights: %w", err)
	}
	defer r.Close()
	var b strings.Builder
	b.Grow(size + 1)
	if _, err := r.WriteTo(limited{&b, size}); err != nil {
		return "", fmt.Errorf("unpack weights: %w", err)
	}
	if b.Len() != size {
		return "", errors.New("weights that were cut")
	}
	return b.String(), nil
}

// limited writes no more than was announced.
type limited struct {
	b   *strings.Builder
	max int
}

func (l limited) Write(p []byte) (int, error) {
	if l.b.Len()+len(p) > l.max {
		return 0, errors.New("weights of another shape")
	}
	return l.b.Write(p)
}
