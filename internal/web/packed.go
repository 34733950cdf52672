package web

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"sync"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/flate"
)

// Packed is a body that many are sent, compressed once. It is a component like others; ShowPacked sends it as it is kept.
type Packed struct {
	text string
	flat []byte // deflated, ending at a byte and not being the last block
}

const packLevel = 3 // a third more work than the quickest, a tenth smaller

// Pack compresses a body, which is safe HTML.
func Pack(text string) *Packed {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, packLevel)
	if err == nil {
		_, err = io.WriteString(z, text)
	}
	if err == nil {
		err = z.Flush()
	}
	if err != nil {
		return &Packed{text: text} // sent as any other
	}
	return &Packed{text, b.Bytes()}
}

// Render writes the body.
func (p *Packed) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, p.text)
	return err
}

// ShowPacked is Show for a body that is kept packed: only what stands around it is compressed for each reader.
func ShowPacked(w http.ResponseWriter, r *http.Request, page Page, p *Packed) error {
	if p.flat == nil || r.Header.Get("HX-Request") != "" || !takesGzip(r) {
		return Show(w, r, page, p)
	}
	// The nonce of a request is nowhere else in the page as a comment.
	mark := "<!--" + about(r).nonce + "-->"
	page.packed = func(all []byte) ([]byte, bool) {
		before, after, found := bytes.Cut(all, []byte(mark))
		if !found { // a frame that shows no body
			return nil, false
		}
		return p.around(before, after), true
	}
	return Show(w, r, page, templ.Raw(mark))
}

var deflaters = sync.Pool{New: func() any {
	z, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}}

// around makes a gzip file (RFC 1952) of the body and of what stands before and after it.
func (p *Packed) around(before, after []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(p.flat) + (len(before)+len(after))/3 + 64)
	b.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255})
	z := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(z)
	z.Reset(&b)
	_, _ = z.Write(before) // memory takes everything
	_ = z.Flush()
	b.Write(p.flat)
	z.Reset(&b)
	_, _ = z.Write(after)
	_ = z.Close()
	sum := crc32.ChecksumIEEE(before)
	sum = crc32.Update(sum, crc32.IEEETable, []byte(p.text))
	sum = crc32.Update(sum, crc32.IEEETable, after)
	tail := binary.LittleEndian.AppendUint32(nil, sum)
	b.Write(binary.LittleEndian.AppendUint32(tail, uint32(len(before)+len(p.text)+len(after))))
	return b.Bytes()
}
