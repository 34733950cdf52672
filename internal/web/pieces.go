package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"

	"github.com/entente/entente/internal/id"
)

// A page is packed in pieces: what stands around <main> is the same on many pages, what stands in it on many requests. A piece that was
// packed before is found by its text, so what is sent is what was drawn, whoever asks. What is new in each request (the nonce of its policy,
// tokens of its forms) is no part of any piece: it is sent as it is, between them.

// Token is a new token for a form of the page that answers r. Whoever sends it twice has said something once.
func Token(r *http.Request) string {
	t := id.New()
	q := about(r)
	q.tokens = append(q.tokens, t)
	return t
}

// piece is a part of a page.
type piece struct {
	flat []byte // deflated, ending at a byte and not being the last block; nil for a hole
	sum  uint32 // CRC of the text
	over uint32 // what the CRC of all before is multiplied by to stand before this text
	size int    // of the text
	hole int    // what is put in: 0 the nonce, n the nth token
}

// mostHoles bounds how often a page is cut for tokens: short pieces are packed badly. A question with as many forms is 3 kB longer in pieces, and a fifth sooner there.
const mostHoles = 8

// packs keeps packed pieces by their text. Its zero value is ready.
type packs struct {
	mu    sync.Mutex
	kept  map[[32]byte]piece
	bytes int
}

const packsBytes = 2 << 20

// cut packs a page in pieces. again says that they may be sent again: all holes were left open.
func (k *packs) cut(all []byte, holes []string) (list []piece, again bool) {
	n := 0
	for _, h := range holes {
		n += bytes.Count(all, []byte(h))
	}
	again = n <= mostHoles
	if !again {
		holes = holes[:1] // what stands in <main> is packed for this page only
	}
	begin, end := bytes.Index(all, []byte("<main")), bytes.LastIndex(all, []byte("</main>"))
	put := func(from, to int, keep bool) {
		for from < to {
			at, hole := to, -1
			for n, h := range holes {
				if i := bytes.Index(all[from:at], []byte(h)); i >= 0 {
					at, hole = from+i, n
				}
			}
			if from < at {
				list = append(list, k.piece(all[from:at], keep))
			}
			if from = at; hole >= 0 {
				list = append(list, piece{hole: hole})
				from += len(holes[hole])
			}
		}
	}
	if begin < 0 || end < begin {
		put(0, len(all), again)
		return list, again
	}
	put(0, begin, true)
	put(begin, end, again)
	put(end, len(all), true)
	return list, again
}

// piece packs a text, or finds it packed where it may be met again.
func (k *packs) piece(text []byte, keep bool) piece {
	if !keep {
		return packed(text)
	}
	key := sha256.Sum256(text)
	k.mu.Lock()
	p, known := k.kept[key]
	k.mu.Unlock()
	if known {
		return p
	}
	p = packed(text)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.kept == nil || k.bytes+len(p.flat) > packsBytes {
		k.kept, k.bytes = map[[32]byte]piece{}, 0
	}
	k.kept[key] = p
	k.bytes += len(p.flat)
	return p
}

func packed(text []byte) piece {
	var b bytes.Buffer
	b.Grow(len(text)/4 + 64)
	z := deflaters.Get().(*flate.Writer)
	z.Reset(&b)
	_, _ = z.Write(text) // memory takes everything
	_ = z.Flush()
	deflaters.Put(z)
	return piece{flat: bytes.Clone(b.Bytes()), sum: crc32.ChecksumIEEE(text), over: over(len(text)), size: len(text)}
}

// together makes a gzip file (RFC 1952) of pieces.
func together(list []piece, holes []string) []byte {
	n := 32
	for i := range list {
		n += len(list[i].flat)
	}
	b := append(make([]byte, 0, n+64*len(holes)), 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
	sum, size := uint32(0), 0
	for i := range list {
		p := &list[i]
		if p.flat != nil {
			b = append(b, p.flat...)
			sum, size = times(p.over, sum)^p.sum, size+p.size
			continue
		}
		text := holes[p.hole] // a block of its own that is not packed
		b = binary.LittleEndian.AppendUint16(append(b, 0), uint16(len(text)))
		b = append(binary.LittleEndian.AppendUint16(b, ^uint16(len(text))), text...)
		sum, size = crc32.Update(sum, crc32.IEEETable, []byte(text)), size+len(text)
	}
	b = append(b, 3, 0) // the last block, which is empty
	b = binary.LittleEndian.AppendUint32(b, sum)
	return binary.LittleEndian.AppendUint32(b, uint32(size))
}

// times multiplies two polynomials over GF(2) modulo that of CRC-32, the lowest power in the highest bit.
func times(a, b uint32) uint32 {
	p := uint32(0)
	for ; a != 0; a <<= 1 {
		if a&(1<<31) != 0 {
			p ^= b
		}
		b = b>>1 ^ crc32.IEEE&-(b&1)
	}
	return p
}

// over is x to the power of the bits of so many bytes.
func over(n int) uint32 {
	p, square := uint32(1<<31), uint32(1<<23)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p = times(p, square)
		}
		square = times(square, square)
	}
	return p
}

// takesGzip reports whether a reader unpacks.
func takesGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

// holes are what is new in a request.
func (q *request) holes() []string { return append([]string{q.nonce}, q.tokens...) }
