// Package id decides what identifies things: 20 characters, made in Go, sortable by the time they were made, equal on both engines.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

// alphabet is in ASCII order, so that text order is the order of the numbers behind it; it has no i, l, o, u to misread.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Length is the number of characters of an id: 9 of time (milliseconds, 45 bits, until the year 3084) and 11 of chance (55 bits).
const Length = 20

const timeLength = 9

// A Maker makes ids that grow, even within one millisecond. Its zero value is ready; it is safe for concurrent use.
type Maker struct {
	mu   sync.Mutex
	last int64
	tail uint64
}

// Make returns the next id at the time now.
func (m *Maker) Make(now time.Time) string {
	ms := now.UnixMilli()
	m.mu.Lock()
	defer m.mu.Unlock()
	if ms <= m.last {
		ms = m.last
		m.tail += 1 + random()&0xffff
		if m.tail >= 1<<55 {
			ms++
			m.tail = random() >> 10
		}
	} else {
		m.tail = random() >> 10 // one bit of room below 2^55
	}
	m.last = ms
	return encode(ms, m.tail)
}

// New returns an id of this moment. Ids of one process at one millisecond are told apart by 55 bits of chance.
func New() string { return encode(time.Now().UnixMilli(), random()>>9) }

// From returns the id of something that follows from parent, told apart by tag. The same parent and tag give the same id, so that
// whatever is rebuilt from the ledger gets the identity it had before. It sorts beside its parent.
func From(parent, tag string) string {
	sum := sha256.Sum256([]byte(parent + "\x00" + tag))
	tail := binary.BigEndian.Uint64(sum[:8]) >> 9
	if !Valid(parent) { // a name of that length is no parent to sort beside
		return encode(int64(binary.BigEndian.Uint64(sum[8:16])>>19), tail)
	}
	out := []byte(encode(0, tail))
	copy(out, parent[:timeLength])
	return string(out)
}

// Valid reports whether s has the form of an id.
func Valid(s string) bool {
	if len(s) != Length {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' && c != 'i' && c != 'l' && c != 'o' && c != 'u') {
			return false
		}
	}
	return true
}

func random() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails: see crypto/rand
	return binary.BigEndian.Uint64(b[:])
}

func encode(ms int64, tail uint64) string {
	var out [Length]byte
	for i := Length - 1; i >= timeLength; i-- {
		out[i] = alphabet[tail&31]
		tail >>= 5
	}
	for i := timeLength - 1; i >= 0; i-- {
		out[i] = alphabet[ms&31]
		ms >>= 5
	}
	return string(out[:])
}
