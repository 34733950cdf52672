package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
)

// orientation is how a file wants to be turned: 1 (not at all) to 8, tag 0x0112 of EXIF 2.3, section 4.6.4.
func orientation(format string, data []byte) int {
	var exif []byte
	switch format {
	case "jpeg":
		segments(data, func(marker byte, body []byte) bool {
			if rest, found := bytes.CutPrefix(body, []byte("Exif\x00\x00")); found && marker == 0xe1 {
				exif = rest
			}
			return exif == nil
		})
	case "png":
		for at := 8; at+8 <= len(data); {
			n := int(binary.BigEndian.Uint32(data[at:]))
			if n < 0 || n > len(data)-at-8 {
				break
			}
			if string(data[at+4:at+8]) == "eXIf" {
				exif = data[at+8 : at+8+n]
				break
			}
			at += 12 + n
		}
	case "webp":
		for at := 12; at+8 <= len(data); {
			n := int(binary.LittleEndian.Uint32(data[at+4:]))
			if n < 0 || n > len(data)-at-8 {
				break
			}
			if string(data[at:at+4]) == "EXIF" {
				exif = bytes.TrimPrefix(data[at+8:at+8+n], []byte("Exif\x00\x00"))
				break
			}
			at += 8 + n + n&1
		}
	}
	return turn(exif)
}

// turn reads the tag in the first directory of a TIFF header.
func turn(exif []byte) int {
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	switch string(exif[:4]) {
	case "II*\x00":
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int(order.Uint32(exif[4:]))
	if at < 8 || at > len(exif)-2 {
		return 1
	}
	n := int(order.Uint16(exif[at:]))
	for i, entry := 0, at+2; i < n && entry+12 <= len(exif); i, entry = i+1, entry+12 {
		if order.Uint16(exif[entry:]) == 0x0112 {
			if v := int(order.Uint16(exif[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}

// segments walks those of a JPEG before its pixels, until more says no.
func segments(data []byte, more func(marker byte, body []byte) bool) {
	for at := 2; at+4 <= len(data) && data[at] == 0xff; {
		marker := data[at+1]
		if marker == 0xff { // filling
			at++
			continue
		}
		n := int(binary.BigEndian.Uint16(data[at+2:]))
		if marker == 0xda || n < 2 || at+2+n > len(data) {
			return
		}
		if !more(marker, data[at+4:at+2+n]) {
			return
		}
		at += 2 + n
	}
}

// progressive reports whether a JPEG is one that gets sharper while it arrives, which takes more memory to decode.
func progressive(data []byte) bool {
	found := false
	segments(data, func(marker byte, _ []byte) bool {
		found = marker == 0xc2
		return !found
	})
	return found
}

// turned turns and mirrors a picture as its orientation says.
func turned(img image.Image, how int) image.Image {
	if how <= 1 || how > 8 {
		return img
	}
	b := img.Bounds()
	src := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(src, src.Bounds(), img, b.Min, draw.Src)
	w, h := b.Dx(), b.Dy()
	if how >= 5 {
		w, h = h, w
	}
	dst := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := x, y
			if how >= 5 {
				sx, sy = y, x
			}
			switch how {
			case 2:
				sx = w - 1 - x
			case 3:
				sx, sy = w-1-x, h-1-y
			case 4:
				sy = h - 1 - y
			case 6:
				sy = w - 1 - x
			case 7:
				sx, sy = h-1-y, w-1-x
			case 8:
				sx = h - 1 - y
			}
			copy(dst.Pix[dst.PixOffset(x, y):][:4], src.Pix[src.PixOffset(sx, sy):][:4])
		}
	}
	return dst
}
