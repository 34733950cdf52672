package measure

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
	"unique"

	"github.com/entente/entente/internal/measure/kpi"
)

// daily is what a measure counts in a day of UTC, by the hour.
type daily struct {
	items []item            // in order of hours
	sums  []sum             // beside items, where the measure adds something up
	whose []whose           // beside items, where it matters whose they are, or when within the hour
	names []string          // of whose, each once
	place map[string]uint32 // of names, while a day is put together
	moved uint32            // bit h: what is counted in hour h depends on the time at which it is asked for, so it is read anew each time
}

// item is facts of one hour that are alike: so many of a part, or one wait.
type item struct {
	hour, part uint8
	open       bool
	age        uint8 // when it counts, where what counts ripens
	running    bool  // the wait goes on until now: wait is when it began, in microseconds since 1970
	n          int32 // negative takes back
	wait       int64 // microseconds
}

// The ages.
const (
	_     uint8 = iota // always
	young              // while its hour is too recent
	ripe               // afterwards
)

type sum struct {
	sum, squares float64
	currency     string
}

// whose is the key of an item, as its place in names, how many microseconds after the beginning of its hour it was, and how many after that its
// period ends, 0 for a moment.
type whose struct {
	name, after uint32
	lasts       int64
}

// add appends an item of another day, or hour.
func (d *daily) add(of *daily, i int, hour uint8) {
	it := of.items[i]
	it.hour = hour
	d.items = append(d.items, it)
	if of.sums != nil {
		d.sums = append(d.sums, make([]sum, len(d.items)-1-len(d.sums))...) // those before may have had none
		d.sums = append(d.sums, of.sums[i])
	} else if d.sums != nil {
		d.sums = append(d.sums, sum{})
	}
	if of.whose != nil {
		d.whose = append(d.whose, make([]whose, len(d.items)-1-len(d.whose))...)
		d.whose = append(d.whose, whose{d.name(of.names[of.whose[i].name]), of.whose[i].after, of.whose[i].lasts})
	} else if d.whose != nil {
		d.whose = append(d.whose, whose{name: d.name("")})
	}
}

// name is the place of a name among those of the day.
func (d *daily) name(s string) uint32 {
	if d.place == nil {
		d.place = make(map[string]uint32, len(d.names))
		for i, n := range d.names {
			d.place[n] = uint32(i)
		}
	}
	i, there := d.place[s]
	if !there {
		i = uint32(len(d.names))
		d.names, d.place[s] = append(d.names, s), i
	}
	return i
}

// weight is about how much memory a day takes, in items of sixteen bytes.
func (d *daily) weight() int64 {
	return int64(len(d.items) + 2*len(d.sums) + len(d.whose) + 3*len(d.names) + 2)
}

const (
	day     = 24 * time.Hour
	version = 1 // of the format and of what is kept; a change makes all keys new

	withSums, withWhose = 1, 2 // what a day holds beside items
)

// forever is a moment after everything, in hours and days of which nothing counts that is asked for.
func forever() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }

// bytes packs a day; nothing counted is an empty text.
func (d *daily) bytes() []byte {
	if len(d.items) == 0 && d.moved == 0 {
		return []byte{}
	}
	b := binary.AppendUvarint([]byte{version}, uint64(d.moved))
	b = binary.AppendUvarint(b, uint64(len(d.items)))
	with := byte(0)
	if d.sums != nil {
		with |= withSums
	}
	if d.whose != nil {
		with |= withWhose
	}
	b = append(b, with)
	if d.whose != nil {
		b = binary.AppendUvarint(b, uint64(len(d.names)))
		for _, n := range d.names {
			b = append(binary.AppendUvarint(b, uint64(len(n))), n...)
		}
	}
	for i, it := range d.items {
		flags := byte(0)
		if it.open {
			flags |= 1
		}
		if it.running {
			flags |= 2
		}
		if it.n != 1 {
			flags |= 4
		}
		flags |= it.age << 3
		b = append(b, it.hour, it.part, flags)
		if it.n != 1 {
			b = binary.AppendVarint(b, int64(it.n))
		}
		b = binary.AppendVarint(b, it.wait)
		if d.sums != nil {
			s := d.sums[i]
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.sum))
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.squares))
			b = append(binary.AppendUvarint(b, uint64(len(s.currency))), s.currency...)
		}
		if d.whose != nil {
			b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(d.whose[i].name)), uint64(d.whose[i].after))
			b = binary.AppendVarint(b, d.whose[i].lasts)
		}
	}
	return b
}

var errPacked = errors.New("a packed day cannot be read")

// unpack reads what bytes packed.
func unpack(b []byte) (*daily, error) {
	d := &daily{}
	if len(b) == 0 {
		return d, nil
	}
	if b[0] != version {
		return nil, errPacked
	}
	r := unpacker{b: b[1:]}
	d.moved = uint32(r.uvarint())
	n := r.uvarint()
	with := r.byte()
	if n > uint64(len(b)) {
		return nil, errPacked
	}
	d.items = make([]item, n)
	if with&withSums != 0 {
		d.sums = make([]sum, n)
	}
	if with&withWhose != 0 {
		d.whose = make([]whose, n)
		names := r.uvarint()
		if names > uint64(len(b)) {
			return nil, errPacked
		}
		d.names = make([]string, names)
		for i := range d.names {
			d.names[i] = unique.Make(r.text(r.uvarint())).Value() // the same people say something on many days
		}
	}
	for i := range d.items {
		it := &d.items[i]
		it.hour, it.part = r.byte(), r.byte()
		flags := r.byte()
		it.open, it.running, it.age, it.n = flags&1 != 0, flags&2 != 0, flags>>3&3, 1
		if flags&4 != 0 {
			it.n = int32(r.varint())
		}
		it.wait = r.varint()
		if d.sums != nil {
			s := &d.sums[i]
			s.sum, s.squares = r.float(), r.float()
			s.currency = r.text(r.uvarint())
		}
		if d.whose != nil {
			d.whose[i] = whose{uint32(r.uvarint()), uint32(r.uvarint()), r.varint()}
			r.bad = r.bad || int(d.whose[i].name) >= len(d.names)
		}
		if it.hour > 23 {
			r.bad = true
		}
	}
	if r.bad || len(r.b) > 0 {
		return nil, errPacked
	}
	return d, nil
}

type unpacker struct {
	b   []byte
	bad bool
}

func (r *unpacker) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *unpacker) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *unpacker) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *unpacker) float() float64 {
	if len(r.b) < 8 {
		r.bad = true
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return v
}

func (r *unpacker) text(n uint64) string {
	if uint64(len(r.b)) < n {
		r.bad = true
		return ""
	}
	v := string(r.b[:n])
	r.b = r.b[n:]
	return v
}

// hourOf numbers the hours since 1970.
func hourOf(t time.Time) int64 { return floor(t.UnixMicro(), time.Hour.Microseconds()) }

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// startOfHour is the beginning of an hour since 1970.
func startOfHour(h int64) time.Time { return time.UnixMicro(h * time.Hour.Microseconds()).UTC() }

// partOf is the place of a part among the parts of a measure; what the measure does not name is kept under its last place and one.
func partOf(m kpi.Measure, id string) (uint8, bool) {
	for i, p := range m.Parts {
		if p.ID == id {
			return uint8(i), true
		}
	}
	return 0, false
}
