package classify

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/entente/entente/lang"
)

// Classes of lexicon entries.
const (
	noClass uint8 = iota
	positiveClass
	negativeClass
	negatorClass
	intensifierClass
	diminisherClass
	contrastClass
	opens      // begins an entry of several words
	firstNamed // and on, in the order of lexiconClasses
)

// Lexicon maps words, stems and phrases of several languages to what they tell. The zero value is empty.
//
// It is a hash table in a string, open addressing, eight bytes a slot: hash (4), and an entry. A slot without one is empty.
type Lexicon struct {
	slots string
	shift uint32
}

const slotBytes = 8

// lexiconClasses are the named classes, from firstNamed.
var lexiconClasses = [named]string{"anger", "disgust", "fear", "joy", "sadness", "surprise", "insult", "slur", "hate-target", "attack", "threat",
	"dehumanising", "praise", "complaint", "suggestion", "question", "lead", "job"}

const named = 18

func classOf(name string) uint8 {
	switch name {
	case "positive":
		return positiveClass
	case "negative":
		return negativeClass
	case "negator":
		return negatorClass
	case "intensifier":
		return intensifierClass
	case "diminisher":
		return diminisherClass
	case "contrast":
		return contrastClass
	}
	for i, n := range lexiconClasses {
		if n == name {
			return firstNamed + uint8(i)
		}
	}
	return noClass
}

const (
	saltStem   = 0x5bd1e995
	sequence   = 0x01000193 * 3
	mostPhrase = 6 // words of an entry
	leastStem  = 3 // letters of a stem
)

// tongue keeps the entries of languages apart.
func tongue(code string) uint32 {
	h := uint32(0x2545f491)
	for i := 0; i < len(code); i++ {
		h = (h ^ uint32(code[i])) * fnvPrime
	}
	return h
}

// entry is what a word or phrase tells, up to four things: class and strength in one byte each, the class in the lower five bits; 0 is nothing.
type entry [4]uint8

func tell(class, strength uint8) uint8 { return class | strength<<5 }

func (e entry) empty() bool { return e[0] == noClass }

// opens reports whether the entry only says that longer ones begin so.
func (e entry) opens() bool { return e[0]&31 == opens }

// feels reports whether an entry is about feeling or denying: words inside it are not looked up again.
func (e entry) feels() bool {
	for _, b := range e {
		if c := b & 31; c != noClass && c < firstNamed {
			return true
		}
	}
	return false
}

// join adds what another entry says, as far as there is room.
func (e *entry) join(other entry) {
	for _, b := range other {
		for i := range e {
			if e[i] == 0 {
				e[i] = b
				break
			}
		}
	}
}

func (l Lexicon) at(h uint32) entry {
	if len(l.slots) == 0 {
		return entry{}
	}
	mask := uint32(len(l.slots)/slotBytes) - 1
	for i := h * 0x9e3779b1 >> l.shift; ; i = (i + 1) & mask {
		s := l.slots[i*slotBytes : i*slotBytes+slotBytes]
		if s[4] == 0 {
			return entry{}
		}
		if uint32(s[0])|uint32(s[1])<<8|uint32(s[2])<<16|uint32(s[3])<<24 == h {
			return entry{s[4], s[5], s[6], s[7]}
		}
	}
}

// lexiconOf reads a table that stands in a weights file.
func lexiconOf(slots string) (Lexicon, error) {
	n := len(slots) / slotBytes
	if n == 0 {
		return Lexicon{}, nil
	}
	bits := log2(n) - 1
	if n != 1<<bits || len(slots)%slotBytes != 0 {
		return Lexicon{}, fmt.Errorf("a lexicon of %d bytes", len(slots))
	}
	empty := 0
	for i := range n {
		if slots[i*slotBytes+4] == 0 {
			empty++
		}
	}
	if empty == 0 {
		return Lexicon{}, fmt.Errorf("a lexicon without an empty slot")
	}
	return Lexicon{slots, uint32(32 - bits)}, nil
}

// LexiconBuilder gathers entries.
type LexiconBuilder struct {
	entries map[uint32]entry
	order   []uint32
	Unknown []string // lines that were left out
}

// Read adds lines of entry<TAB>class<TAB>strength, and perhaps <TAB>language, which is code otherwise ("" for all languages: emoji); an entry may be several words and end in * as a stem. Lines
// that begin with # are left out.
func (b *LexiconBuilder) Read(code string, lines io.Reader) error {
	sc := bufio.NewScanner(lines)
	var r Reader
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p := strings.Split(line, "\t")
		if len(p) < 2 {
			b.Unknown = append(b.Unknown, line)
			continue
		}
		strength := 1
		if len(p) > 2 {
			n, err := strconv.Atoi(strings.TrimSpace(p[2]))
			if err == nil {
				strength = min(max(n, 1), 3)
			}
		}
		code := code
		if len(p) > 3 {
			code = strings.TrimSpace(p[3])
		}
		class := classOf(p[1])
		text, stem := strings.CutSuffix(p[0], "*")
		r.text = text
		r.letters, r.tokens = r.letters[:0], r.tokens[:0]
		lang.Walk(text, func(t lang.Token) bool { r.take(t); return true })
		n := len(r.tokens)
		if class == noClass || class >= 32 || n == 0 || n > mostPhrase || stem && r.tokens[n-1].n < leastStem {
			b.Unknown = append(b.Unknown, line)
			continue
		}
		h := tongue(code)
		for i, t := range r.tokens {
			if i == n-1 && n > 1 {
				b.put(tongue(code)*sequence^r.tokens[0].hash^saltTriple, opens, 0)
			}
			h = h*sequence ^ t.hash
		}
		if stem {
			h ^= saltStem
		}
		b.put(h, class, uint8(strength))
	}
	return sc.Err()
}

func (b *LexiconBuilder) put(h uint32, class, strength uint8) {
	if b.entries == nil {
		b.entries = map[uint32]entry{}
	}
	e, known := b.entries[h]
	for i := range e {
		if e[i]&31 == class {
			return
		}
		if e[i] == 0 {
			e[i] = tell(class, strength)
			break
		}
	}
	b.entries[h] = e
	if known {
		return
	}
	b.order = append(b.order, h)
}

// Bytes is the table; the same entries in the same order give the same bytes.
func (b *LexiconBuilder) Bytes() []byte {
	if len(b.order) == 0 {
		return nil
	}
	bits := log2(len(b.order)*3/2) + 0
	out := make([]byte, slotBytes<<bits)
	mask := uint32(1)<<bits - 1
	for _, h := range b.order {
		i := h * 0x9e3779b1 >> (32 - bits)
		for out[i*slotBytes+4] != 0 {
			i = (i + 1) & mask
		}
		binary.LittleEndian.PutUint32(out[i*slotBytes:], h)
		e := b.entries[h]
		copy(out[i*slotBytes+4:], e[:])
	}
	return out
}

// Lexicon is the table as readers use it.
func (b *LexiconBuilder) Lexicon() (Lexicon, error) { return lexiconOf(string(b.Bytes())) }

// hit is what the lexicon knows of the words from i on: the longest entry. n is its number of tokens, 0 when there is none.
func (r *Reader) hit(i int, tongue uint32) (e entry, n int) {
	t := &r.tokens[i]
	if e = r.known(tongue, t); !e.empty() {
		n = 1
	}
	first := tongue*sequence ^ t.hash
	if !r.lexicon.at(first ^ saltTriple).opens() {
		return e, n
	}
	h := first
	for k := 1; k < mostPhrase && i+k < len(r.tokens); k++ {
		if longer := r.known(h, &r.tokens[i+k]); !longer.empty() {
			if e.feels() && !longer.feels() {
				longer.join(e)
			}
			e, n = longer, k+1
		}
		h = h*sequence ^ r.tokens[i+k].hash
	}
	return e, n
}

// known is what the lexicon knows of token t after a beginning h, as a whole or by its longest stem.
func (r *Reader) known(h uint32, t *token) entry {
	h *= sequence
	if e := r.lexicon.at(h ^ t.hash); !e.empty() && !e.opens() {
		return e
	}
	var found entry
	p := uint32(fnvBasis)
	for i, c := range r.letters[t.first : t.first+t.n] {
		p = (p ^ uint32(c)) * fnvPrime
		if i+1 < leastStem {
			continue
		}
		if e := r.lexicon.at(h ^ p ^ saltStem); !e.empty() && !e.opens() {
			found = e
		}
	}
	return found
}

// LexiconClasses names the classes that have a dense input each, in their order.
func LexiconClasses() []string {
	out := make([]string, named)
	for i := range out {
		out[i] = lexiconClasses[i]
	}
	return out
}
