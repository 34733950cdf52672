package ledger

import (
	"sync"
	"time"
)

// fresh keeps what this process appended until it is digested, so that it need not be read and decoded again. It is asked by id for what the
// database says is there: what was rolled back is not, or stands elsewhere when it was stated again.
type fresh struct {
	mu   sync.Mutex
	list map[string]Activity
	size int // bytes of data
}

// The most that is kept. What nobody asks for, because another node digested it, is forgotten when there is more.
const (
	maxFresh      = 8000
	maxFreshBytes = 12 << 20
)

// keep remembers activities as they would be read.
func (f *fresh) keep(list []Activity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range list {
		if len(f.list) >= maxFresh || f.size+len(a.Data) > maxFreshBytes {
			f.list, f.size = nil, 0
		}
		if len(a.Data) > maxFreshBytes/4 {
			continue
		}
		if f.list == nil {
			f.list = map[string]Activity{}
		}
		a.At, a.LearnedAt = stored(a.At), stored(a.LearnedAt)
		f.size += len(a.Data) - len(f.list[a.ID].Data)
		f.list[a.ID] = a
	}
}

// stored is a time as it is read back.
func stored(t time.Time) time.Time { return time.UnixMicro(t.UnixMicro()).UTC() }

// drop forgets what was digested.
func (f *fresh) drop(list []Activity) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range list {
		if a, ok := f.list[list[i].ID]; ok {
			f.size -= len(a.Data)
			delete(f.list, a.ID)
		}
	}
}

func (f *fresh) empty() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list) == 0
}

// find returns what stands at these places; all is false when something else than this process appended is among it.
func (f *fresh) find(heads []head) (list []Activity, all bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list = make([]Activity, len(heads))
	for i, h := range heads {
		a, ok := f.list[h.id]
		if !ok || a.Position() != h.Position {
			return nil, false
		}
		list[i] = a
	}
	return list, true
}

// head is the id of an activity and its place.
type head struct {
	Position
	id string
}
