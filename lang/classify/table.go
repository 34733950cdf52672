package classify

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// mostLines is the largest table that is unpacked: 64 MB.
const mostLines = 1 << 20

// table is the entries of a model. They lie packed in the file, a third of their size, are unpacked when a text is first classified, which takes some
// 30 ms, and let go by rest.
type table struct {
	packed string
	size   int // bytes, unpacked
	lock   sync.Mutex
	held   atomic.Pointer[string]
	failed error
}

// entries are the lines one after the other.
func (t *table) entries() string {
	if held := t.held.Load(); held != nil {
		return *held
	}
	held, err := t.unpack()
	if err != nil { // the file was read, so this can only be the program's own, damaged
		panic(fmt.Errorf("the weights in this program: %w", err))
	}
	return held
}

func (t *table) unpack() (string, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	if held := t.held.Load(); held != nil {
		return *held, nil
	}
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(t.size)+1))
	if err != nil {
		return "", fmt.Errorf("unpack weights: %w", err)
	}
	defer r.Close()
	if err := r.Reset(strings.NewReader(t.packed)); err != nil {
		return "", fmt.Errorf("unpack weights: %w", err)
	}
	var b strings.Builder
	b.Grow(t.size + 1)
	if _, err := r.WriteTo(limited{&b, t.size}); err != nil {
		return "", fmt.Errorf("unpack weights: %w", err)
	}
	if b.Len() != t.size {
		return "", errors.New("weights that were cut")
	}
	held := b.String()
	t.held.Store(&held)
	return held, nil
}

// rest lets the unpacked entries go; whoever reads them keeps them.
func (t *table) rest() { t.held.Store(nil) }

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

// pack is the opposite of unpack.
func pack(entries []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithWindowSize(8<<20))
	if err != nil {
		return nil, fmt.Errorf("pack weights: %w", err)
	}
	return w.EncodeAll(entries, nil), w.Close()
}
