package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community/picture"
	"github.com/entente/entente/internal/problem"
)

// secret stands in places of files that must not be shown.
const secret = "48.8566N 2.3522E <script>"

// colours draws a picture whose pixels all differ from their neighbours.
func colours(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, color.NRGBA{uint8(40 * x), uint8(40 * y), 90, 255})
		}
	}
	return m
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, w, h, frames int) []byte {
	t.Helper()
	g := &gif.GIF{}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
		p.SetColorIndex(i%w, 0, 1)
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 0)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// exif is a header that asks to be turned, and says where.
func exif(how uint16) []byte {
	b := []byte("MM\x00*\x00\x00\x00\x08\x00\x02")
	b = append(b, "\x01\x0f\x00\x02\x00\x00\x00\x02AB\x00\x00"...)
	b = append(b, "\x01\x12\x00\x03\x00\x00\x00\x01"...)
	b = binary.BigEndian.AppendUint16(b, how)
	return append(append(b, 0, 0, 0, 0, 0, 0), secret...)
}

// chunk is a part of a PNG.
func chunk(kind string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// withChunk puts a part after the header of a PNG.
func withChunk(file []byte, kind string, body []byte) []byte {
	return bytes.Join([][]byte{file[:33], chunk(kind, body), file[33:]}, nil)
}

// withSegment puts a part at the head of a JPEG.
func withSegment(file []byte, marker byte, body []byte) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2))
	return bytes.Join([][]byte{file[:2], head, body, file[2:]}, nil)
}

func header(w, h uint32, depth byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, w)
	b = binary.BigEndian.AppendUint32(b, h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(b, depth, 6, 0, 0, 0))...)
}

// sized writes another size into a JPEG, and makes it progressive when asked.
func sized(file []byte, w, h uint16, progressive bool) []byte {
	file = bytes.Clone(file)
	at := bytes.Index(file, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(file[at+5:], h)
	binary.BigEndian.PutUint16(file[at+7:], w)
	if progressive {
		file[at+1] = 0xc2
	}
	return file
}

func TestRefused(t *testing.T) {
	t.Parallel()
	small := asPNG(t, colours(4, 3))
	for _, c := range []struct {
		name, key string
		file      []byte
	}{
		{"nothing", "picture.kind", nil},
		{"words", "picture.kind", []byte("bonjour")},
		{"a drawing that may hold scripts", "picture.kind", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`)},
		{"a page", "picture.kind", []byte("<!doctype html><script>x()</script>")},
		{"a name only", "picture.broken", []byte("\x89PNG\r\n\x1a\n")},
		{"half a file", "picture.broken", small[:len(small)/2]},
		{"a JPEG of three bytes", "picture.broken", []byte("\xff\xd8\xff")},
		{"a GIF without frames", "picture.broken", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")},
		{"a WebP of nothing", "picture.broken", []byte("RIFF\x04\x00\x00\x00WEBPVP8 ")},
		{"no width", "picture.broken", header(0, 5, 8)},
		{"a PNG of a billion pixels in few bytes", "picture.wide", header(40_000, 25_000, 8)},
		{"the widest there can be", "picture.wide", header(1<<31-1, 1, 8)},
		{"one that is long", "picture.wide", header(1, picture.MaxSide+1, 8)},
		{"16 bits a colour", "picture.wide", header(6_000, 6_000, 16)},
		{"a JPEG of four billion pixels", "picture.wide", sized(asJPEG(t, colours(8, 8)), 65_535, 65_535, false)},
		{"a progressive JPEG", "picture.wide", sized(asJPEG(t, colours(8, 8)), 5_000, 5_000, true)},
		{"a GIF of four billion pixels", "picture.wide", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02")},
		{"a GIF whose frame leaves it", "picture.broken", []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;")},
		{"more bytes than may be", "picture.large", append(bytes.Clone(small), make([]byte, picture.MaxBytes)...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := picture.Clean(bytes.NewReader(c.file))
			if err == nil || problem.Of(err).Key != c.key {
				t.Errorf("refused with %v, want %s", err, c.key)
			}
			if p.Data != nil {
				t.Error("a refusal gives a file")
			}
		})
	}
}

// TestPixelsOnly looks for what stood in files beside their pixels.
func TestPixelsOnly(t *testing.T) {
	t.Parallel()
	still := asGIF(t, 4, 3, 1)
	for _, c := range []struct {
		name, kind string
		file       []byte
	}{
		{"PNG", "image/png", withChunk(withChunk(asPNG(t, colours(4, 3)), "tEXt", []byte("GPS\x00"+secret)), "eXIf", exif(1))},
		{"PNG and more", "image/png", append(asPNG(t, colours(4, 3)), secret...)},
		{"JPEG", "image/jpeg", withSegment(withSegment(asJPEG(t, colours(4, 3)), 0xe1, append([]byte("Exif\x00\x00"), exif(1)...)), 0xfe, []byte(secret))},
		{"JPEG and more", "image/jpeg", append(asJPEG(t, colours(4, 3)), secret...)},
		{"GIF", "image/png", append(bytes.Clone(still[:len(still)-1]), "!\xfe\x19"+secret+"\x00;"...)},
		{"moving GIF", "image/gif", append(bytes.Clone(asGIF(t, 4, 3, 3)), secret...)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !bytes.Contains(c.file, []byte(secret)) {
				t.Fatal("the file says nothing")
			}
			p, err := picture.Clean(bytes.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(p.Data, []byte(secret)) || bytes.Contains(p.Data, []byte("Exif")) {
				t.Error("it is still said")
			}
			if p.Type != c.kind || p.Width != 4 || p.Height != 3 {
				t.Errorf("it became %s of %d by %d", p.Type, p.Width, p.Height)
			}
		})
	}
}

// TestTurned turns a picture in all eight ways: where its corners come to stand is said by EXIF 2.3, 4.6.4.
func TestTurned(t *testing.T) {
	t.Parallel()
	src := colours(3, 2)
	a, b, c, d := src.At(0, 0), src.At(2, 0), src.At(0, 1), src.At(2, 1)
	for how, want := range map[uint16][4]color.Color{ // top left, top right, bottom left, bottom right
		1: {a, b, c, d}, 2: {b, a, d, c}, 3: {d, c, b, a}, 4: {c, d, a, b},
		5: {a, c, b, d}, 6: {c, a, d, b}, 7: {d, b, c, a}, 8: {b, d, a, c},
		0: {a, b, c, d}, 9: {a, b, c, d}, 65_535: {a, b, c, d},
	} {
		p, err := picture.Clean(bytes.NewReader(withChunk(asPNG(t, src), "eXIf", exif(how))))
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(bytes.NewReader(p.Data))
		if err != nil {
			t.Fatal(err)
		}
		x, y := p.Width-1, p.Height-1
		got := [4]color.Color{m.At(0, 0), m.At(x, 0), m.At(0, y), m.At(x, y)}
		for i := range got {
			if color.NRGBAModel.Convert(got[i]) != color.NRGBAModel.Convert(want[i]) {
				t.Errorf("orientation %d: corner %d is %v, want %v", how, i, got[i], want[i])
			}
		}
	}
	p, err := picture.Clean(bytes.NewReader(withSegment(asJPEG(t, colours(30, 20)), 0xe1, append([]byte("Exif\x00\x00"), exif(6)...))))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := jpeg.DecodeConfig(bytes.NewReader(p.Data)); err != nil || c.Width != 20 || c.Height != 30 {
		t.Errorf("a JPEG on its side became %d by %d: %v", c.Width, c.Height, err)
	}
}

func TestMoving(t *testing.T) {
	t.Parallel()
	p, err := picture.Clean(bytes.NewReader(asGIF(t, 5, 4, 3)))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gif.DecodeAll(bytes.NewReader(p.Data))
	if err != nil {
		t.Fatal(err)
	}
	if !p.Moving || len(g.Image) != 3 || p.Extension() != ".gif" {
		t.Errorf("moving %t with %d frames as %s", p.Moving, len(g.Image), p.Extension())
	}
	if diff := cmp.Diff([]int{2, 2, 2}, g.Delay); diff != "" {
		t.Errorf("frames flicker (-want +got):\n%s", diff)
	}
	for name, file := range map[string][]byte{
		"too many frames": asGIF(t, 5, 4, picture.MaxFrames+1),
		"too many pixels": asGIF(t, 2_000, 2_000, picture.MaxMoving/4_000_000+1),
	} {
		p, err := picture.Clean(bytes.NewReader(file))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if p.Moving || p.Type != "image/png" {
			t.Errorf("%s: still moves, as %s", name, p.Type)
		}
	}
}

func TestSmaller(t *testing.T) {
	t.Parallel()
	flat := image.NewGray(image.Rect(0, 0, picture.ShownSide*2, 100))
	p, err := picture.Clean(bytes.NewReader(asPNG(t, flat)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Width != picture.ShownSide || p.Height != 50 {
		t.Errorf("it became %d by %d", p.Width, p.Height)
	}
	noise := image.NewNRGBA(image.Rect(0, 0, 900, 900))
	seed := uint32(1)
	for i := range noise.Pix {
		seed = seed*1_664_525 + 1_013_904_223
		noise.Pix[i] = byte(seed >> 24)
		if i%4 == 3 {
			noise.Pix[i] = 255
		}
	}
	p, err = picture.Clean(bytes.NewReader(asPNG(t, noise)))
	if err != nil {
		t.Fatal(err)
	}
	if p.Type != "image/jpeg" || p.Extension() != ".jpg" {
		t.Errorf("a heavy photograph stays %s", p.Type)
	}
	noise.Pix[3] = 0
	if p, err = picture.Clean(bytes.NewReader(asPNG(t, noise))); err != nil || p.Type != "image/png" {
		t.Errorf("what is seen through becomes %s: %v", p.Type, err)
	}
}

// webp1 is a picture of one pixel.
const webp1 = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestWebP(t *testing.T) {
	t.Parallel()
	file, err := base64.StdEncoding.DecodeString(webp1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := picture.Clean(bytes.NewReader(file))
	if err != nil || p.Width != 1 || p.Type != "image/jpeg" {
		t.Errorf("it became %s of %d: %v", p.Type, p.Width, err)
	}
}

func TestReadFails(t *testing.T) {
	t.Parallel()
	gone := errors.New("gone")
	if _, err := picture.Clean(io.MultiReader(strings.NewReader("\xff\xd8\xff"), iotest.ErrReader(gone))); !errors.Is(err, gone) {
		t.Errorf("it says %v", err)
	}
}

func FuzzClean(f *testing.F) {
	file, err := base64.StdEncoding.DecodeString(webp1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(withChunk(asPNG(f, colours(3, 2)), "eXIf", exif(6)))
	f.Add(withSegment(asJPEG(f, colours(8, 8)), 0xe1, append([]byte("Exif\x00\x00"), exif(8)...)))
	f.Add(asGIF(f, 3, 2, 3))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := picture.Clean(bytes.NewReader(data))
		if err != nil {
			if k := problem.Of(err).Key; !strings.HasPrefix(k, "picture.") {
				t.Errorf("refused with %v", err)
			}
			return
		}
		c, kind, err := image.DecodeConfig(bytes.NewReader(p.Data))
		if err != nil || "image/"+kind != p.Type || c.Width != p.Width || c.Height != p.Height || max(c.Width, c.Height) > picture.ShownSide {
			t.Errorf("it became %s of %d by %d, read as %s of %d by %d: %v", p.Type, p.Width, p.Height, kind, c.Width, c.Height, err)
		}
	})
}
