// Package picture decides which pictures people may bring and makes them safe to show: a file comes in, a new file of bounded size goes
// out that has the pixels of the old one and nothing else of it.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"github.com/entente/entente/internal/problem"
)

// Limits of what comes in, and of what goes out.
const (
	MaxBytes  = 10 << 20   // of the file
	MaxPixels = 40_000_000 // width times height
	MaxSide   = 30_000     // pixels
	MaxFrames = 300        // of a moving picture; one of more stands still
	MaxMoving = 20_000_000 // pixels of all frames together; one of more stands still
	ShownSide = 2_560      // pixels: larger pictures are made smaller
	maxMemory = 200 << 20  // bytes that decoding may take
	heavy     = 1 << 20    // bytes: an opaque PNG above becomes a JPEG
	quality   = 85         // of JPEG
)

// Picture is a file that may be shown.
type Picture struct {
	Data          []byte
	Type          string // image/jpeg, image/png or image/gif
	Width, Height int    // pixels, as shown
	Moving        bool
}

// Extension of a file with this picture, with its dot.
func (p Picture) Extension() string {
	switch p.Type {
	case "image/jpeg":
		return ".jpg"
	case "image/gif":
		return ".gif"
	}
	return ".png"
}

// Clean reads a JPEG, PNG, GIF or WebP file and writes it anew: what it says of place, time and camera is gone, it is turned the way it is
// meant to be seen, and no larger than ShownSide. What is too large is refused from its header, before it is decoded. While it runs it
// may hold maxMemory and some more: let few run at once.
func Clean(r io.Reader) (Picture, error) { return CleanTo(r, ShownSide) }

// Known reports whether a file begins as a picture does that Clean reads.
func Known(data []byte) bool {
	_, known := formatOf(data)
	return known
}

// CleanTo is Clean for pictures of which no side is longer than so many pixels.
func CleanTo(r io.Reader, side int) (Picture, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return Picture{}, fmt.Errorf("read a picture: %w", err)
	}
	if len(data) > MaxBytes {
		return Picture{}, problem.New(problem.TooLarge, "picture.large", "Most", MaxBytes>>20)
	}
	f, known := formatOf(data)
	if !known {
		return Picture{}, problem.New(problem.Invalid, "picture.kind")
	}
	return f.clean(data, min(side, ShownSide))
}

// format is one that is read.
type format struct {
	name   string
	header func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

// formatOf knows a file by its first bytes, whatever its name says.
func formatOf(data []byte) (format, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return format{"jpeg", jpeg.DecodeConfig, jpeg.Decode}, true
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return format{"png", png.DecodeConfig, png.Decode}, true
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return format{"gif", gif.DecodeConfig, gif.Decode}, true
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return format{"webp", webp.DecodeConfig, webp.Decode}, true
	}
	return format{}, false
}

func (f format) clean(data []byte, side int) (p Picture, err error) {
	defer func() { // decoders read what strangers wrote
		if r := recover(); r != nil {
			p, err = Picture{}, broken(fmt.Errorf("decode a %s: %v", f.name, r))
		}
	}()
	c, err := f.header(bytes.NewReader(data))
	if err != nil {
		return Picture{}, broken(err)
	}
	if err := fits(c, f.name == "jpeg" && progressive(data)); err != nil {
		return Picture{}, err
	}
	if f.name == "gif" {
		if frames, pixels := moving(data); frames > 1 && frames <= MaxFrames && pixels <= MaxMoving && max(c.Width, c.Height) <= side {
			p, err := animation(data)
			if err != nil || len(p.Data) <= MaxBytes {
				return p, err
			}
		}
	}
	img, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, broken(err)
	}
	img = turned(smaller(img, side), orientation(f.name, data))
	return encode(img, f.name)
}

func broken(err error) error { return problem.New(problem.Invalid, "picture.broken").Because(err) }

// fits refuses by what a header says.
func fits(c image.Config, progressive bool) error {
	if c.Width <= 0 || c.Height <= 0 {
		return broken(fmt.Errorf("a picture of %d by %d pixels", c.Width, c.Height))
	}
	if c.Width > MaxSide || c.Height > MaxSide || c.Width*c.Height > MaxPixels || c.Width*c.Height*weight(c, progressive) > maxMemory {
		return problem.New(problem.TooLarge, "picture.wide", "Most", MaxPixels/1_000_000)
	}
	return nil
}

// weight is how many bytes decoding takes for a pixel.
func weight(c image.Config, progressive bool) int {
	if progressive { // coefficients of all parts are kept to the end, 4 bytes each
		return 15
	}
	if c.ColorModel == color.RGBA64Model || c.ColorModel == color.NRGBA64Model {
		return 8
	}
	return 4
}

// smaller makes a picture's longer side at most so long.
func smaller(img image.Image, most int) image.Image {
	b := img.Bounds()
	side := max(b.Dx(), b.Dy())
	if side <= most {
		return img
	}
	w, h := max(1, b.Dx()*most/side), max(1, b.Dy()*most/side)
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.BiLinear.Scale(dst, dst.Bounds(), img, b, draw.Src, nil)
	return dst
}

func encode(img image.Image, from string) (Picture, error) {
	p := Picture{Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	solid := opaque(img)
	var out bytes.Buffer
	if from == "png" || from == "gif" || !solid {
		if err := (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(&out, img); err != nil {
			return Picture{}, fmt.Errorf("encode a picture: %w", err)
		}
		if !solid || out.Len() <= heavy {
			p.Data, p.Type = out.Bytes(), "image/png"
			return p, nil
		}
		out = bytes.Buffer{}
	}
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, fmt.Errorf("encode a picture: %w", err)
	}
	p.Data, p.Type = out.Bytes(), "image/jpeg"
	return p, nil
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}
