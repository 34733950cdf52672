package classify

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/entente/entente/lang/internal/packed"
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
	held, err := packed.Unpack(t.packed, t.size)
	if err != nil {
		return "", err
	}
	t.held.Store(&held)
	return held, nil
}

// rest lets the unpacked entries go; whoever reads them keeps them.
func (t *table) rest() { t.held.Store(nil) }
